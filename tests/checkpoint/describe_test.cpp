#include "vits/checkpoint/describe.h"

#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/checkpoint/verify.h"
#include "vits/formats/safetensors.h"

namespace vits::checkpoint {
namespace {

namespace fs = std::filesystem;

TEST(Describe, TellsPartsVocabularyAndSpeakers) {
  const auto voice = describe(support::variants(3) / "current");
  EXPECT_TRUE(voice.is_voice);
  EXPECT_EQ(voice.kind, "huggingface");
  EXPECT_EQ(voice.speakers, 3);
  EXPECT_EQ(voice.speaker_names.back(), "voice 2");
  EXPECT_EQ(voice.vocabulary_size, 38);
  EXPECT_EQ(voice.symbols.size(), 38u);
  EXPECT_EQ(voice.symbols[0], "k");
  EXPECT_EQ(voice.language, "eng");
  EXPECT_EQ(voice.text, "characters");
  EXPECT_EQ(voice.sample_rate_hz, 16000);
  int64_t generator = 0;
  for (const auto& [name, part] : voice.parts) generator += name == "discriminators" ? 0 : part.parameters;
  EXPECT_EQ(generator, 105008);  // what make_model.py counts
  EXPECT_EQ(voice.parts.at("discriminators").parameters, 364758);
  EXPECT_EQ(to_json(voice)["parameters"], 105008);
  EXPECT_EQ(to_json(voice)["has_discriminators"], true);
}

TEST(Describe, TellsTheKindFromTheContent) {
  EXPECT_EQ(describe(support::variants() / "voice.pt").kind, "torchscript");
  EXPECT_EQ(describe(support::variants() / "half").dtypes.begin()->first, "float16");
  const auto original = describe(support::original(support::kOriginals[1]));
  EXPECT_EQ(original.kind, "original");
  EXPECT_EQ(original.speakers, 3);
  EXPECT_EQ(original.text, "uroman");
  EXPECT_EQ(original.files.size(), 2u);
}

TEST(Describe, SaysWhatAFileIsThatIsNoVoice) {
  const auto wanted = describe(support::variants() / "wanted.safetensors");
  EXPECT_FALSE(wanted.is_voice);
  EXPECT_EQ(wanted.parts.at("waveform").tensors, 1);
  const base::TemporaryFolder folder;
  base::write_file(folder.path() / "notes", "words\n");
  EXPECT_FALSE(describe(folder.path() / "notes").is_voice);
  EXPECT_THROW(describe(folder.path()), Error);
  EXPECT_THROW(describe(folder.path() / "nowhere"), Error);
}

TEST(Verify, FindsNothingWrongWithWholeVoices) {
  for (const auto& path : {support::variants() / "current", support::variants(3) / "voice.pt",
                           support::variants() / "bfloat", support::original(support::kOriginals[2])}) {
    const auto result = verify(path);
    EXPECT_TRUE(result.defects.empty()) << path << ": " << result.defects.front();
    EXPECT_EQ(result.checked.size(), 5u) << path;
  }
}

class BrokenVoice : public testing::Test {
 protected:
  BrokenVoice() { fs::copy(support::variants() / "current", voice_, fs::copy_options::recursive); }

  void expect_defect(const std::string& part) {
    const auto result = verify(voice_);
    ASSERT_FALSE(result.defects.empty()) << part;
    EXPECT_NE(result.defects.front().find(part), std::string::npos) << result.defects.front();
  }

  void change(const std::string& name, const at::Tensor& tensor) {
    auto tensors = formats::read_safetensors(voice_ / "model.safetensors", formats::TensorMemory::copied);
    tensors[name] = tensor;
    formats::write_safetensors(voice_ / "model.safetensors", tensors);
  }

  base::TemporaryFolder folder_;
  fs::path voice_ = folder_.path() / "voice";
};

TEST_F(BrokenVoice, WithAValueThatIsNotFinite) {
  change("decoder.conv_pre.bias", at::full({32}, NAN));
  expect_defect("no finite numbers: decoder.conv_pre.bias");
}

TEST_F(BrokenVoice, WithoutAVocabulary) {
  fs::remove(voice_ / "vocab.json");
  expect_defect("there is no vocab.json");
}

TEST_F(BrokenVoice, WithSymbolsOutsideTheEmbedding) {
  base::write_file(voice_ / "vocab.json", R"({"a": 0, "b": 38, "c": 0})");
  expect_defect("ids that are not in the embedding of 38 rows: \"b\": 38");
}

TEST_F(BrokenVoice, WithASilentDecoder) {
  change("decoder.conv_post.weight", at::zeros({1, 2, 7}));
  expect_defect("is silent");
}

TEST_F(BrokenVoice, CutShort) {
  const auto bytes = base::read_file(voice_ / "model.safetensors");
  base::write_file(voice_ / "model.safetensors", std::string_view(bytes).substr(0, bytes.size() / 2));
  expect_defect("model.safetensors");
}

TEST_F(BrokenVoice, WithoutWeights) {
  fs::remove(voice_ / "model.safetensors");
  expect_defect("no weights");
}

}  // namespace
}  // namespace vits::checkpoint
