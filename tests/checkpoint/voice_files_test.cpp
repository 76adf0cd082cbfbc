#include "vits/checkpoint/voice_files.h"

#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/safetensors.h"

namespace vits::checkpoint {
namespace {

namespace fs = std::filesystem;
using formats::Json;
using formats::TensorMap;
using support::distance;
using support::expect_text;
using support::variants;

void expect_same(const TensorMap& a, const TensorMap& b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (const auto& [name, tensor] : b) {
    ASSERT_TRUE(a.contains(name)) << what << ": " << name;
    if (tolerance == 0)
      EXPECT_TRUE(a.at(name).equal(tensor)) << what << ": " << name;
    else
      EXPECT_LE(distance(a.at(name), tensor), tolerance) << what << ": " << name;
  }
}

std::string error_of(const fs::path& path) {
  try {
    read_voice(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadVoice, GivesTheSameTensorsFromEveryKindOfFileAndSpelling) {
  const auto wanted = read_voice(variants() / "current");
  EXPECT_EQ(wanted.kind, VoiceKind::huggingface);
  EXPECT_EQ(wanted.generator.size(), 570u);
  EXPECT_EQ(wanted.discriminators.size(), 74u);
  EXPECT_TRUE(wanted.discriminators.contains("discriminators.5.final_conv.weight"));
  for (const char* name : {"classic", "bin", "sharded", "sharded_bin", "misnamed"}) {
    const auto voice = read_voice(variants() / name);
    expect_same(voice.generator, wanted.generator, 0, name);
    expect_same(voice.discriminators, wanted.discriminators, 0, name);
    EXPECT_EQ(voice.vocab, wanted.vocab) << name;
  }
  const auto archive = read_voice(variants() / "voice.pt");
  EXPECT_EQ(archive.kind, VoiceKind::torchscript);
  expect_same(archive.generator, wanted.generator, 0, "voice.pt");
  expect_same(archive.discriminators, wanted.discriminators, 0, "voice.pt");
  EXPECT_EQ(archive.vocab, wanted.vocab);
  EXPECT_EQ(archive.tokenizer_config, wanted.tokenizer_config);
}

TEST(ReadVoice, KeepsSixteenBitWeightsAsTheyAre) {
  const auto wanted = read_voice(variants() / "current");
  for (const auto& [name, dtype] : {std::pair("half", at::kHalf), std::pair("bfloat", at::kBFloat16)}) {
    const auto voice = read_voice(variants() / name);
    EXPECT_EQ(voice.dtype, dtype);
    TensorMap rounded;
    for (const auto& [tensor, value] : wanted.generator) rounded[tensor] = value.to(dtype);
    expect_same(voice.generator, rounded, 0, name);
  }
}

TEST(ReadVoice, SplitsWaveNetsWhoseWeightNormWasMultipliedOutAndFoldsItElsewhere) {
  const auto wanted = read_voice(variants() / "current");
  const auto folded = read_voice(variants() / "folded");
  ASSERT_EQ(folded.notes.size(), 1u);
  expect_text(folded.notes[0], "24 WaveNet layers");
  std::set<std::string> used;
  for (const auto& [name, tensor] : folded.generator) {
    if (!name.ends_with("original1")) continue;
    const std::string owner = name.substr(0, name.find(".parametrizations"));
    const auto product = [&](const TensorMap& tensors) { return tensor_named(tensors, owner + ".weight", used); };
    EXPECT_LE(distance(product(folded.generator), product(wanted.generator)), 1e-6) << name;
  }
  const auto normed = read_voice(variants() / "normed");
  expect_same(normed.generator, wanted.generator, 1e-6, "normed");
  expect_same(normed.discriminators, wanted.discriminators, 1e-6, "normed");
}

TEST(ReadVoice, SpeaksWhatTransformersSpeaksWithTheSameSeed) {
  for (const int speakers : {1, 3}) {
    const auto wanted = formats::read_safetensors(variants(speakers) / "wanted.safetensors");
    for (const char* name : {"current", "folded", "voice.pt"}) {
      const auto voice = read_voice(variants(speakers) / name);
      model::Generator generator(voice.config);
      apply_weights(generator, nullptr, voice);
      generator->eval();
      model::SpeechRequest request;
      request.token_ids = at::arange(1, 20).unsqueeze(0);
      if (speakers > 1) request.speaker_ids = at::tensor({int64_t{speakers - 1}});
      at::manual_seed(11);
      const auto speech = model::speak(generator, request).waveform;
      EXPECT_LE(distance(speech, wanted.at("waveform")), 1e-4) << name;
    }
  }
}

TEST(ReadVoice, KnowsSpeakersByTheirNumbers) {
  const auto voice = read_voice(variants(3) / "current");
  EXPECT_EQ(voice.speakers, (std::vector<std::string>{"voice 0", "voice 1", "voice 2"}));
  EXPECT_TRUE(read_voice(variants() / "current").speakers.empty());

  const base::TemporaryFolder folder;
  fs::copy(variants(3) / "current", folder.path() / "voice", fs::copy_options::recursive);
  base::write_file(folder.path() / "voice/speakers.json", R"({"a": 0, "b": 3})");
  expect_text(error_of(folder.path() / "voice"), "the speaker \"b\" has the number 3, but the voice has 3 speakers");
  base::write_file(folder.path() / "voice/speakers.json", R"({"a": 0, "b": 0})");
  expect_text(error_of(folder.path() / "voice"), "the same number 0");
  base::write_file(folder.path() / "voice/speakers.json", R"(["x", "y"])");
  EXPECT_EQ(read_voice(folder.path() / "voice").speakers, (std::vector<std::string>{"x", "y"}));
}

TEST(ReadVoice, AcceptsTheWeightsOrTheConfigOfAFolder) {
  for (const char* name : {"current/model.safetensors", "current/config.json", "sharded/model.safetensors.index.json",
                           "misnamed/pytorch_model.bin"})
    EXPECT_EQ(read_voice(variants() / name).generator.size(), 570u) << name;
}

TEST(ReadVoice, SaysWhatAPathIsThatIsNoVoice) {
  const base::TemporaryFolder folder;
  expect_text(error_of(folder.path() / "nowhere"), "there is no such file or folder");
  expect_text(error_of(folder.path()), "holds no config.json and no TorchScript archive");
  base::write_file(folder.path() / "notes.txt", "some words\n");
  expect_text(error_of(folder.path() / "notes.txt"), "a voice is a folder, a TorchScript archive or a file of tensors");
  base::write_file(folder.path() / "config.json", R"({"model_type": "vits"})");
  expect_text(error_of(folder.path()), "no weights");
  base::write_file(folder.path() / "config.json", R"({"model": {}, "data": {}})");
  expect_text(error_of(folder.path()), "no G_*.pth");
  fs::copy(variants() / "current/model.safetensors", folder.path() / "lone.bin");
  fs::remove(folder.path() / "config.json");
  expect_text(error_of(folder.path() / "lone.bin"), "no config.json stands beside it");
}

TEST(ReadVoice, NamesTheLayerThatLacksHalfOfItsWeightNorm) {
  const base::TemporaryFolder folder;
  const auto all = formats::read_safetensors(variants() / "classic/model.safetensors");
  const auto write_and_read = [&](const TensorMap& tensors) {
    formats::write_safetensors(folder.path() / "model.safetensors", tensors);
    return error_of(folder.path());
  };
  fs::copy(variants() / "classic/config.json", folder.path() / "config.json");
  auto some = all;
  some.erase("flow.flows.0.wavenet.in_layers.0.weight_g");
  expect_text(write_and_read(some), "flow.flows.0.wavenet.in_layers.0 has only one half of its weight norm");
  some = all;
  some["flow.flows.0.wavenet.in_layers.0.weight_g"] = at::ones({24});
  expect_text(write_and_read(some), "has a length of shape 24 for a direction of shape 24x12x5");
}

TEST(VoiceConfig, NamesTheFileAndTheKeyOfAValueOfTheWrongType) {
  const auto refuse = [](const char* text, const char* part) {
    try {
      config_from_json(Json::parse(text), "here.json");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      expect_text(error.what(), part);
    }
  };
  refuse(R"({"hidden_size": "192"})", "here.json: hidden_size is \"192\", but must be a whole number.");
  refuse(R"({"hidden_size": 192.5})", "here.json: hidden_size is 192.5, but must be a whole number.");
  refuse(R"({"use_bias": 1})", "here.json: use_bias is 1, but must be true or false.");
  refuse(R"({"upsample_rates": 8})", "here.json: upsample_rates is 8, but must be a list.");
  refuse(R"({"upsample_rates": [8, "8"]})", "here.json: upsample_rates[1] is \"8\"");
  refuse(R"({"resblock_dilation_sizes": [[1, 3], [1, null]]})", "here.json: resblock_dilation_sizes[1][1] is null");
  refuse(R"({"model_type": "bert"})", "model_type is \"bert\"");
  refuse(R"({"hidden_act": "mish"})", "here.json: hidden_act is \"mish\"");
  refuse(R"([1])", "here.json: a model's config is an object");
}

TEST(VoiceConfig, KeepsUnknownKeysAndFillsInWhatSpeakingDoesNotNeed) {
  const Json raw = Json::parse(R"({"upsample_rates": [8, 8, 8], "upsample_kernel_sizes": [16, 16, 16], "resblock": 2,
                                   "pad_token_id": null, "mine": {"a": [1]}})");
  auto config = config_from_json(raw, "here.json");
  EXPECT_EQ(config.hop_length, 512);
  EXPECT_EQ(config.segment_size, 32 * 512);
  EXPECT_EQ(config.resblock, "2");
  config.speaking_rate = 1.25;
  const Json written = config_to_json(config, raw);
  EXPECT_EQ(written["mine"], raw["mine"]);
  EXPECT_EQ(written["speaking_rate"], 1.25);
  EXPECT_EQ(written["model_type"], "vits");
  EXPECT_FALSE(written.contains("hidden_size"));
  EXPECT_EQ(config_to_json(config_from_json(written, "again"), written), written);
}

}  // namespace
}  // namespace vits::checkpoint
