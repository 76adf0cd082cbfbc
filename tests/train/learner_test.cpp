// The step of both networks against the Python reference, over many steps in a row.
#include "vits/train/learner.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_step.h"
#include "vits/audio/spectrogram.h"
#include "vits/model/weights.h"

namespace vits::train {
namespace {

using support::GoldenStep;

constexpr Rates kUsualRates{2e-5, 2e-5};

LearnerSettings settings() {
  LearnerSettings settings;
  settings.optimizer.gradient_accumulation_steps = 1;
  return settings;
}

Learner learner_of(const support::NamedVoice& named, const LearnerSettings& how = settings()) {
  support::Voice voice(named);
  model::add_training_weight_norm(voice.generator, voice.discriminators);
  return Learner({voice.generator, voice.discriminators}, how);
}

at::Tensor real_mel(const Learner& learner, const model::TrainingBatch& batch, const model::Draws& draws) {
  return audio::log_mel(model::cut(batch.spectrogram, draws.segment_starts, 32), learner.mel_bank());
}

void learn(Learner& learner, const model::TrainingBatch& batch, const model::Draws& draws, BatchPlace place = {},
           Learns who = Learns::kBoth) {
  learner.learn(batch, draws, real_mel(learner, batch, draws), place, who, kUsualRates);
}

at::Tensor all_values(const torch::nn::Module& network) {
  std::vector<at::Tensor> parts;
  for (const auto& parameter : network.parameters()) parts.push_back(parameter.detach().flatten().clone());
  return at::cat(parts);
}

struct Worst {
  double error = 0;
  std::string where = "none";

  void compare(const std::string& name, double ours, double expected) {
    const double found = std::abs(ours - expected) / std::max(std::abs(expected), 1e-12);
    if (found <= error) return;
    error = std::isfinite(found) ? found : INFINITY;
    where = name;
  }
};

void expect_run_of_the_reference(const support::NamedVoice& voice, int64_t steps) {
  SCOPED_TRACE(voice.name);
  const GoldenStep golden = GoldenStep::with_run(voice, steps);
  Learner learner = learner_of(voice);
  Worst losses, norms;
  for (int64_t step = 0; step < steps; ++step) {
    learn(learner, golden.batch, golden.draws_of(step));
    const LossMeans means = learner.take_losses();
    const auto& expected = golden.report.at("run").at(step);
    for (size_t i = 0; i < kLossNames.size(); ++i) {
      const std::string name(kLossNames[i]);
      losses.compare(name + " of step " + std::to_string(step), means.values[i], expected.at(name));
    }
    norms.compare("generator", means.gradient_norm_gen, expected.at("grad_norm_gen"));
    norms.compare("discriminators", means.gradient_norm_disc, expected.at("grad_norm_disc"));
  }
  std::printf("%s: %lld steps, worst difference of a loss %.2e (%s), of a gradient's norm %.2e (%s)\n",
              voice.name.c_str(), static_cast<long long>(steps), losses.error, losses.where.c_str(), norms.error,
              norms.where.c_str());
  EXPECT_LT(losses.error, 1e-3) << losses.where;
  // The splines of the stochastic duration predictor amplify the reference's own rounding (training_step_test.cpp).
  EXPECT_LT(norms.error, 3e-2) << norms.where;
}

TEST(Learner, TwentyStepsGiveTheReferencesLosses) {
  for (const auto& voice : {support::kSingleSpeaker, support::kFourSpeakers, support::kDeterministic})
    expect_run_of_the_reference(voice, 20);
}

TEST(Learner, StepsGiveTheReferencesLossesAtMmsSizeTooSlow) { expect_run_of_the_reference(support::kMms, 5); }

TEST(Learner, AccumulatedBatchesLearnLikeOneLargeBatchOfTheirMean) {
  // The same batch four times makes the same gradient as once. The discriminators hear the generator's present weights
  // in every batch, so both updates are those of a single batch.
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  Learner once = learner_of(support::kSingleSpeaker), four_times = learner_of(support::kSingleSpeaker);
  learn(once, golden.batch, golden.draws);
  // Only the judgement of the last batch is by the updated discriminators: compare those first.
  for (int64_t number = 0; number < 4; ++number) learn(four_times, golden.batch, golden.draws, {number, 4});
  const auto expected = all_values(*once.networks().discriminators);
  EXPECT_LT(support::difference(all_values(*four_times.networks().discriminators), expected), 1e-7);
  EXPECT_EQ(four_times.take_losses().updates, 1);
}

TEST(Learner, HoldsTheGeneratorWhileOnlyTheDiscriminatorsLearn) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  Learner learner = learner_of(support::kSingleSpeaker);
  const auto voice = all_values(*learner.networks().generator), judges = all_values(*learner.networks().discriminators);
  learn(learner, golden.batch, golden.draws, {}, Learns::kDiscriminatorsOnly);
  EXPECT_TRUE(at::equal(all_values(*learner.networks().generator), voice));
  EXPECT_FALSE(at::equal(all_values(*learner.networks().discriminators), judges));
}

TEST(Learner, TeachesTheDiscriminatorsWithBetasOfTheirOwn) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  const auto after_two_steps = [&](double beta) {
    LearnerSettings how = settings();
    how.optimizer.discriminator_beta_1 = beta;
    Learner learner = learner_of(support::kSingleSpeaker, how);
    for (int step = 0; step < 2; ++step) learn(learner, golden.batch, golden.draws, {}, Learns::kDiscriminatorsOnly);
    return all_values(*learner.networks().discriminators);
  };
  const auto usual = after_two_steps(-1.0);
  EXPECT_TRUE(after_two_steps(0.8).equal(usual));
  EXPECT_FALSE(after_two_steps(0.5).equal(usual));
}

TEST(Learner, LeavesNoGradientOfTheGeneratorsPassInTheDiscriminators) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  Learner learner = learner_of(support::kSingleSpeaker);
  learn(learner, golden.batch, golden.draws);
  for (const auto& parameter : learner.networks().discriminators->parameters())
    EXPECT_FALSE(parameter.grad().defined());
}

TEST(Learner, TrainsWithoutDiscriminators) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  support::Voice voice(support::kSingleSpeaker);
  model::add_training_weight_norm(voice.generator, voice.discriminators);
  Learner learner({voice.generator, model::Discriminators(nullptr)}, settings());
  const auto before = all_values(*voice.generator);
  learn(learner, golden.batch, golden.draws);
  const LossMeans losses = learner.take_losses();
  EXPECT_FALSE(at::equal(all_values(*voice.generator), before));
  EXPECT_EQ(losses[Loss::kDisc], 0.0);
  EXPECT_NEAR(losses[Loss::kTotal], 35 * losses[Loss::kMel] + 1.5 * losses[Loss::kKl] + losses[Loss::kDuration], 1e-3);
}

TEST(Learner, LeavesOutAnUpdateWhoseGradientIsNoNumber) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  Learner learner = learner_of(support::kSingleSpeaker);
  const auto before = all_values(*learner.networks().generator);
  auto draws = golden.draws;
  draws.posterior = draws.posterior.clone();
  draws.posterior[0][0][0] = std::nan("");
  learn(learner, golden.batch, draws);
  EXPECT_TRUE(at::equal(all_values(*learner.networks().generator), before));
  const LossMeans broken = learner.take_losses();
  EXPECT_EQ(broken.skipped_updates, 1);
  EXPECT_TRUE(std::isnan(broken[Loss::kTotal]));
  learn(learner, golden.batch, golden.draws);
  EXPECT_EQ(learner.take_losses().skipped_updates, 0);
  EXPECT_FALSE(at::equal(all_values(*learner.networks().generator), before));
}

TEST(Learner, GoesOnFromASavedStateBitForBit) {
  const GoldenStep golden(support::kFourSpeakers, support::Keep::kEverything);
  LearnerSettings how = settings();
  how.optimizer.ema = 0.9;
  Learner first = learner_of(support::kFourSpeakers, how), second = learner_of(support::kFourSpeakers, how);
  learn(first, golden.batch, golden.draws);
  checkpoint::RunState state;
  first.save(state);
  learn(first, golden.batch, golden.draws);
  learn(second, golden.batch, golden.draws);
  learn(second, golden.batch, golden.draws);
  learn(second, golden.batch, golden.draws);
  second.restore(state, "a test");
  learn(second, golden.batch, golden.draws);
  checkpoint::RunState a, b;
  first.save(a);
  second.save(b);
  EXPECT_EQ(a.facts, b.facts);
  ASSERT_EQ(a.groups.size(), 7u);
  for (const auto& [group, tensors] : a.groups)
    for (const auto& [name, tensor] : tensors)
      EXPECT_TRUE(at::equal(tensor, b.groups[group][name])) << group << " " << name;
}

TEST(Learner, AveragesTheVoiceAndGivesItsOwnWeightsBack) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  LearnerSettings how = settings();
  how.optimizer.ema = 0.75;
  Learner learner = learner_of(support::kSingleSpeaker, how);
  const auto start = all_values(*learner.networks().generator);
  learn(learner, golden.batch, golden.draws);
  const auto own = all_values(*learner.networks().generator);
  {
    const Learner::Averaged averaged(learner);
    const auto expected = start + 0.25 * (own - start);
    EXPECT_LT(support::difference(all_values(*learner.networks().generator), expected), 1e-7);
  }
  EXPECT_TRUE(at::equal(all_values(*learner.networks().generator), own));
}

TEST(Learner, KeepsFrozenParametersAsTheyAre) {
  const GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  support::Voice voice(support::kSingleSpeaker);
  model::add_training_weight_norm(voice.generator, voice.discriminators);
  for (auto& parameter : voice.generator->text_encoder->parameters()) parameter.set_requires_grad(false);
  const auto before = all_values(*voice.generator->text_encoder), decoder = all_values(*voice.generator->decoder);
  Learner learner({voice.generator, voice.discriminators}, settings());
  for (int step = 0; step < 2; ++step) learn(learner, golden.batch, golden.draws);
  EXPECT_TRUE(at::equal(all_values(*voice.generator->text_encoder), before));
  EXPECT_FALSE(at::equal(all_values(*voice.generator->decoder), decoder));
}

}  // namespace
}  // namespace vits::train
