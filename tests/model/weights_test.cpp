#include "vits/model/weights.h"

#include <gtest/gtest.h>

#include "support/voices.h"
#include "vits/model/speech.h"

namespace vits::model {
namespace {

int64_t numbers_in(const State& state) {
  int64_t count = 0;
  for (const auto& [name, tensor] : state) count += tensor.numel();
  return count;
}

VitsConfig multi_speaker(int64_t speakers) {
  VitsConfig config;
  config.num_speakers = speakers;
  config.speaker_embedding_size = 256;
  return config;
}

VitsConfig vits_ljs() {
  VitsConfig config;
  config.vocab_size = 178;
  config.sampling_rate = 22050;
  return config;
}

VitsConfig vits_vctk() {
  VitsConfig config = multi_speaker(109);
  config.vocab_size = 178;
  config.sampling_rate = 22050;
  return config;
}

VitsConfig like_piper() {
  VitsConfig config;
  config.vocab_size = 256;
  config.resblock = "2";
  config.resblock_kernel_sizes = {3, 5, 7};
  config.resblock_dilation_sizes = {{1, 2}, {2, 6}, {3, 12}};
  config.upsample_rates = {8, 8, 4};
  config.upsample_kernel_sizes = {16, 16, 8};
  config.upsample_initial_channel = 256;
  return config;
}

VitsConfig deterministic() {
  VitsConfig config = multi_speaker(4);
  config.use_stochastic_duration_prediction = false;
  config.window_size = 0;
  config.use_bias = false;
  return config;
}

TEST(Generator, HasTheNamesAndShapesOfVitsModelKeyForKey) {
  const std::vector<VitsConfig> configs{VitsConfig(), vits_ljs(), vits_vctk(), like_piper(), deterministic()};
  std::vector<std::string> arguments;
  for (const VitsConfig& config : configs) {
    config.check("a test");
    arguments.push_back(support::json_of(config).dump());
  }
  const auto folder = support::reference_data("state_shapes", "tests/model/state_shapes.py", arguments);
  const auto expected = support::read_json(folder / "shapes.json");
  for (size_t index = 0; index < configs.size(); ++index) {
    nlohmann::json shapes;
    for (const auto& [name, tensor] : state_of(*Generator(configs[index]))) shapes[name] = tensor.sizes().vec();
    EXPECT_EQ(shapes, expected.at(index)) << nlohmann::json::diff(expected.at(index), shapes).dump(1);
  }
}

TEST(Generator, HasAsManyParametersAsPublished) {
  EXPECT_EQ(numbers_in(state_of(*Generator(VitsConfig()))), 36'284'592);
  EXPECT_EQ(numbers_in(state_of(*Discriminators(VitsConfig()))), 46'730'118);
}

void expect_same_state(const State& actual, const State& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(actual.count(name)) << name;
    EXPECT_LE(support::difference(actual.at(name), tensor), tolerance) << name;
  }
}

TEST(CheckpointState, IsTheFileItWasReadFrom) {
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers, &support::kDeterministic}) {
    support::Voice voice(*named);
    const auto file = support::read_tensors(support::folder_of(*named) / "model.safetensors");
    expect_same_state(checkpoint_state(voice.generator, &voice.discriminators), file, 0.0);
  }
}

TEST(CheckpointState, StaysSoUnderTheWeightNormOfTraining) {
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers}) {
    support::Voice voice(*named);
    const auto file = support::read_tensors(support::folder_of(*named) / "model.safetensors");
    add_training_weight_norm(voice.generator, voice.discriminators);
    const auto names = state_of(*voice.generator);
    EXPECT_TRUE(names.count("decoder.upsampler.0.parametrizations.weight.original1"));
    EXPECT_FALSE(names.count("decoder.upsampler.0.weight"));
    EXPECT_TRUE(names.count("decoder.conv_pre.weight"));
    EXPECT_TRUE(names.count("flow.flows.0.conv_pre.weight"));
    expect_same_state(checkpoint_state(voice.generator, &voice.discriminators), file, 1e-6);
  }
}

TEST(CheckpointState, GivesAFoldedVoiceTheWeightNormBackThatVitsModelExpects) {
  support::Voice voice(support::kFourSpeakers);
  const SpeechRequest request{.token_ids = at::arange(1, 15).unsqueeze(0),
                              .speaker_ids = at::tensor({2}, at::kLong),
                              .noise_scale = 0,
                              .noise_scale_duration = 0};
  const auto before = speak(voice.generator, request).waveform;
  fold_weight_norm(voice.generator);
  const State state = checkpoint_state(voice.generator);

  Generator again(voice.config);
  again->eval();
  support::copy_into(*again, state, "");
  EXPECT_LT(support::difference(speak(again, request).waveform, before), 1e-5);
}

TEST(StateOf, GivesTheParametersThemselves) {
  Generator generator(support::Voice(support::kSingleSpeaker).config);
  const at::NoGradGuard no_grad;
  state_of(*generator).at("text_encoder.project.bias").fill_(7);
  EXPECT_EQ(checkpoint_state(generator).at("text_encoder.project.bias").max().item<float>(), 7.0f);
}

}  // namespace
}  // namespace vits::model
