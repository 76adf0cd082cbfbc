#include "vits/model/discriminators.h"

#include <gtest/gtest.h>

#include "sound_example.h"
#include "vits/model/kept_weights.h"

namespace vits::model {
namespace {

using support::difference;
using support::relative_difference;
using support::SoundExample;

void expect_maps(const Judgement& judgement, const SoundExample& example, const std::string& prefix) {
  ASSERT_EQ(judgement.maps.size(), 6u);
  for (size_t judge = 0; judge < judgement.maps.size(); ++judge) {
    for (size_t layer = 0; layer < judgement.maps[judge].size(); ++layer) {
      const std::string name = prefix + "map." + std::to_string(judge) + '.' + std::to_string(layer);
      EXPECT_LT(relative_difference(judgement.maps[judge][layer], example(name)), 1e-5) << name;
    }
  }
}

TEST(Discriminators, ScoresAndMapsEqualTheReference) {
  const at::NoGradGuard no_grad;
  SoundExample example(support::kSingleSpeaker);
  const Judgement judgement = example.voice.discriminators->forward(example("in.wave"));
  expect_maps(judgement, example, "");
  ASSERT_EQ(judgement.scores.size(), 6u);
  for (size_t judge = 0; judge < 6; ++judge)
    EXPECT_LT(relative_difference(judgement.scores[judge], example("score." + std::to_string(judge))), 1e-5);
}

TEST(Discriminators, EqualTheReferenceUnderWeightNorm) {
  const at::NoGradGuard no_grad;
  SoundExample example(support::kSingleSpeaker);
  auto& judges = example.voice.discriminators;
  judges->add_weight_norm();
  for (auto& [name, parameter] : state_of(*judges))
    if (name.ends_with("original0")) at::Tensor(parameter).mul_(1.25);
  expect_maps(judges->forward(example("in.wave")), example, "trained.");
  judges->fold_weight_norm();
  expect_maps(judges->forward(example("in.wave")), example, "trained.");
}

TEST(Discriminators, RealAndGeneratedInOnePassAreJudgedAsApart) {
  const at::NoGradGuard no_grad;
  SoundExample example(support::kSingleSpeaker);
  const auto& wave = example("in.wave");
  const auto together = example.voice.discriminators->forward(wave);
  for (int64_t row = 0; row < 2; ++row) {
    const auto alone = example.voice.discriminators->forward(wave.narrow(0, row, 1));
    for (size_t judge = 0; judge < 6; ++judge)
      EXPECT_LT(relative_difference(together.scores[judge].narrow(0, row, 1), alone.scores[judge]), 1e-5);
  }
}

TEST(Discriminators, KeptWeightsJudgeTheSameUntilTheyAreForgotten) {
  const at::NoGradGuard no_grad;
  SoundExample example(support::kSingleSpeaker);
  auto& judges = example.voice.discriminators;
  judges->add_weight_norm();
  const auto before = judges->forward(example("in.wave")).scores[3];
  {
    const KeptWeights kept(judges);
    EXPECT_LT(difference(judges->forward(example("in.wave")).scores[3], before), 1e-5);
    for (auto& [name, parameter] : state_of(*judges)) at::Tensor(parameter).mul_(1.1);
    for (auto* convolution : convolutions_of(*judges))
      EXPECT_EQ(convolution->weight().const_data_ptr(), convolution->weight().const_data_ptr());
  }
  EXPECT_GT(difference(judges->forward(example("in.wave")).scores[3], before), 0.0);
}

TEST(Discriminators, PassAGradientToTheWaveWhileTheyTakeNone) {
  SoundExample example(support::kSingleSpeaker);
  auto& judges = example.voice.discriminators;
  judges->add_weight_norm();
  for (auto& parameter : judges->parameters()) parameter.set_requires_grad(false);
  const KeptWeights kept(judges);
  {
    const at::NoGradGuard no_grad;
    judges->forward(example("in.wave"));
  }
  const auto wave = example("in.wave").clone().set_requires_grad(true);
  judges->forward(wave).scores[5].sum().backward();
  EXPECT_GT(wave.grad().abs().max().item<float>(), 0.0f);
  for (const auto& parameter : judges->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(Discriminators, StandUnderTheNamesOfCheckpoints) {
  support::Voice voice(support::kSingleSpeaker);
  const auto file = support::read_tensors(support::folder_of(support::kSingleSpeaker) / "model.safetensors");
  for (const auto& [name, parameter] : state_of(*voice.discriminators)) {
    ASSERT_TRUE(file.count("discriminator." + name)) << name;
    EXPECT_EQ(file.at("discriminator." + name).sizes(), parameter.sizes()) << name;
  }
}

}  // namespace
}  // namespace vits::model
