// A batch learned in parts, or taken back and learned again, against the same batch learned in one.
#include "vits/train/batch_parts.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "small_learner.h"

namespace vits::train {
namespace {

using namespace train_tests;

TEST(BatchParts, AreAsEvenAsTheyGo) {
  EXPECT_EQ(part_borders(7, 2), (std::vector<int64_t>{0, 4, 7}));
  EXPECT_EQ(part_borders(8, 3), (std::vector<int64_t>{0, 3, 6, 8}));
  EXPECT_EQ(part_borders(5, 5), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(part_borders(3, 1), (std::vector<int64_t>{0, 3}));
}

TEST(BatchParts, SharesAddUpToOne) {
  const auto parts =
      batch_parts(golden().batch, golden().draws, at::zeros({golden().batch.token_ids.size(0), 80, 32}), 2);
  double clips = 0, frames = 0, tokens = 0;
  for (const BatchPart& part : parts) {
    clips += part.shares.clips;
    frames += part.shares.frames.item<double>();
    tokens += part.shares.tokens.item<double>();
  }
  EXPECT_DOUBLE_EQ(clips, 1.0);
  EXPECT_NEAR(frames, 1.0, 1e-6);
  EXPECT_NEAR(tokens, 1.0, 1e-6);
  EXPECT_NE(parts[0].shares.frames.item<double>(), parts[0].shares.clips);
}

TEST(BatchParts, GiveTheGradientsAndLossesOfTheWhole) {
  SmallLearner whole;
  whole.learn({});
  const auto expected = whole.gradients();
  const LossMeans losses = whole.learner.take_losses();
  const int64_t clips = golden().batch.token_ids.size(0);
  ASSERT_GE(clips, 3);
  for (int64_t parts = 2; parts <= clips; ++parts) {
    SCOPED_TRACE(parts);
    SmallLearner divided;
    divided.learn({0, 1, parts});
    EXPECT_LT(worst_difference(divided.gradients(), expected), kRounding);
    expect_same_losses(divided.learner.take_losses(), losses);
  }
}

TEST(BatchParts, GiveTheGradientsOfTheWholeWithinAStepOfSeveralBatches) {
  SmallLearner whole, divided;
  for (int64_t number = 0; number < 3; ++number) {
    whole.learn({number, 3});
    divided.learn({number, 3, 1 + number});
  }
  EXPECT_LT(worst_difference(divided.gradients(), whole.gradients()), kRounding);
  expect_same_losses(divided.learner.take_losses(), whole.learner.take_losses());
}

TEST(BatchParts, WithoutDiscriminatorsGiveTheGradientsOfTheWhole) {
  SmallLearner whole(unclipped(), false), divided(unclipped(), false);
  whole.learn({});
  divided.learn({0, 1, 2});
  EXPECT_LT(worst_difference(divided.gradients(), whole.gradients()), kRounding);
}

// Throws at the n-th time that this phase has ended.
Learner::Mark failing_at(const std::string& phase, int time) {
  return [phase, left = time](const char* ended) mutable {
    if (phase == ended && --left == 0) throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "out of memory");
  };
}

TEST(BatchParts, ABatchThatFailedAnywhereIsLearnedAgainAsIfItHadNot) {
  // In a step of two batches, so that there are gradients to lose.
  SmallLearner undisturbed;
  for (int64_t number = 0; number < 2; ++number) undisturbed.learn({number, 2});
  const auto expected = undisturbed.gradients();
  const LossMeans losses = undisturbed.learner.take_losses();
  for (const char* phase : {"voice_forward", "discriminators_forward", "discriminators_backward",
                            "discriminators_update", "voice_judged", "voice_backward", "voice_update"}) {
    SCOPED_TRACE(phase);
    const bool only_at_the_end = std::string(phase).ends_with("update");
    SmallLearner disturbed;
    disturbed.learn({0, 2});
    EXPECT_THROW(disturbed.learn({1, 2}, failing_at(phase, 1)), c10::OutOfMemoryError);
    disturbed.learner.take_back();
    if (!only_at_the_end) {  // the second attempt fails too, in its second part
      EXPECT_THROW(disturbed.learn({1, 2, 2}, failing_at(phase, 2)), c10::OutOfMemoryError);
      disturbed.learner.take_back();
    }
    disturbed.learn({1, 2, 3});
    EXPECT_LT(worst_difference(disturbed.gradients(), expected), kRounding);
    expect_same_losses(disturbed.learner.take_losses(), losses);
  }
}

TEST(BatchParts, ABackwardPassThatFailsHalfWayLeavesNothing) {
  SmallLearner undisturbed;
  undisturbed.learn({});
  for (const bool of_judges : {true, false}) {
    SmallLearner disturbed;
    auto& networks = disturbed.learner.networks();
    // A gradient in the middle of the pass.
    at::Tensor parameter;
    const torch::nn::Module& network =
        of_judges ? static_cast<torch::nn::Module&>(*networks.discriminators) : *networks.generator->decoder;
    const auto all = network.parameters();
    parameter = all[all.size() / 2];
    int calls = 0;
    parameter.set_requires_grad(true);
    const unsigned hook = parameter.register_hook([&](const at::Tensor& gradient) {
      if (++calls == 1) throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "out of memory");
      return gradient;
    });
    if (of_judges) parameter.set_requires_grad(false);
    EXPECT_THROW(disturbed.learn({}), c10::OutOfMemoryError);
    disturbed.learner.take_back();
    disturbed.learn({0, 1, 2});
    EXPECT_GE(calls, 2);
    parameter.remove_hook(hook);
    EXPECT_LT(worst_difference(disturbed.gradients(), undisturbed.gradients()), kRounding);
  }
}

TEST(BatchParts, NothingLeftOfABatchStillEndsTheStep) {
  SmallLearner whole, rest;
  whole.learn({0, 2});
  rest.learn({0, 2});
  rest.learner.learn({}, {}, {}, {1, 2, 0}, Learns::kBoth, kRates);
  const LossMeans losses = rest.learner.take_losses();
  EXPECT_EQ(losses.updates, 1);
  EXPECT_GT(losses.gradient_norm_gen, 0.0);
  EXPECT_GT(losses.gradient_norm_disc, 0.0);
}

LearnerSettings computing_twice(std::optional<c10::ScalarType> half = {}) {
  LearnerSettings settings = unclipped();
  settings.half = half;
  settings.keeps = model::Keeps::kInputs;
  return settings;
}

TEST(BatchParts, ComputingTwiceInsteadOfKeepingGivesTheSameGradients) {
  // These voices have no dropout; recompute_test.cpp has it. Speakers and splines come with the second.
  for (const auto& voice : {support::kDeterministic, support::kFourSpeakers}) {
    SCOPED_TRACE(voice.name);
    SmallLearner kept(unclipped(), true, voice), twice(computing_twice(), true, voice);
    kept.learn({});
    twice.learn({});
    EXPECT_LT(worst_difference(twice.gradients(), kept.gradients()), 1e-6);
    expect_same_losses(twice.learner.take_losses(), kept.learner.take_losses());
  }
}

TEST(BatchParts, ComputingTwiceInBfloat16GivesTheSameGradients) {
  LearnerSettings half = unclipped();
  half.half = at::kBFloat16;
  SmallLearner kept(half), twice(computing_twice(at::kBFloat16));
  kept.learn({});
  twice.learn({});
  EXPECT_LT(worst_difference(twice.gradients(), kept.gradients()), 1e-6);
  expect_same_losses(twice.learner.take_losses(), kept.learner.take_losses());
}

TEST(BatchParts, OfSeveralSpeakersGiveTheGradientsOfTheWhole) {
  SmallLearner whole(unclipped(), true, support::kFourSpeakers), divided(unclipped(), true, support::kFourSpeakers);
  whole.learn({});
  divided.learn({0, 1, 2});
  auto ours = divided.gradients(), theirs = whole.gradients();
  for (auto* all : {&ours, &theirs})
    std::erase_if(*all, [](const auto& entry) { return entry.first.find("duration_predictor") != std::string::npos; });
  EXPECT_LT(worst_difference(ours, theirs), kRounding);
  expect_same_losses(divided.learner.take_losses(), whole.learner.take_losses());
}

}  // namespace
}  // namespace vits::train
