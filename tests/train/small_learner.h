// A learner of a tiny voice on the reference's batch, and its gradients.
#pragma once
#include <ATen/ATen.h>

#include <map>
#include <string>

#include "support/golden_step.h"
#include "vits/audio/spectrogram.h"
#include "vits/model/weights.h"
#include "vits/train/learner.h"
#include "vits/train/step_batch.h"

namespace vits::train_tests {

using train::BatchPlace;
using train::Learner;
using train::LearnerSettings;

// The splines of a stochastic duration predictor amplify rounding; without them gradients can be compared closely.
inline const support::NamedVoice& kVoice = support::kDeterministic;
inline constexpr train::Rates kRates{2e-5, 2e-5};

// Its clips have different lengths, so shares by clips, frames and tokens differ.
inline const support::GoldenStep& golden(const support::NamedVoice& voice = kVoice) {
  static std::map<std::string, support::GoldenStep> steps;
  const auto found = steps.find(voice.name);
  return found != steps.end() ? found->second
                              : steps.try_emplace(voice.name, voice, support::Keep::kEverything).first->second;
}

// The length of the gradient as it is: clipping would spread a difference of one number over all of them.
inline LearnerSettings unclipped() {
  LearnerSettings settings;
  settings.optimizer.clip_norm = 0;
  return settings;
}

struct SmallLearner {
  explicit SmallLearner(const LearnerSettings& how = unclipped(), bool adversarial = true,
                        const support::NamedVoice& the_voice = kVoice)
      : named(the_voice), learner(made(how, adversarial, the_voice)) {}

  static Learner made(const LearnerSettings& how, bool adversarial, const support::NamedVoice& named) {
    support::Voice voice(named);
    model::add_training_weight_norm(voice.generator, voice.discriminators);
    return Learner({voice.generator, adversarial ? voice.discriminators : model::Discriminators(nullptr)}, how);
  }

  train::StepBatch batch() const {
    const auto& step = golden(named);
    return {step.batch, step.draws,
            audio::log_mel(model::cut(step.batch.spectrogram, step.draws.segment_starts, 32), learner.mel_bank())};
  }

  void learn(
      BatchPlace place, const Learner::Mark& mark = [](const char*) {}) {
    const train::StepBatch ready = batch();
    learner.learn(ready.batch, ready.draws, ready.real_mel, place, train::Learns::kBoth, kRates, mark);
  }

  // AdamW's first mean is a fifth of the gradient, so it shows the gradients of both networks.
  std::map<std::string, at::Tensor> gradients() {
    checkpoint::RunState state;
    learner.save(state);
    std::map<std::string, at::Tensor> all;
    for (const char* group : {"generator_exp_avg", "discriminators_exp_avg"})
      for (const auto& [name, tensor] : state.groups[group]) all[std::string(group) + " " + name] = tensor;
    return all;
  }

  support::NamedVoice named;
  Learner learner;
};

// Of each network the largest difference of a gradient in relation to the largest gradient; the worse of both.
inline double worst_difference(const std::map<std::string, at::Tensor>& ours,
                               const std::map<std::string, at::Tensor>& theirs) {
  double worst = 0.0;
  for (const std::string network : {"generator", "discriminators"}) {
    double difference = 0.0, largest = 0.0;
    for (const auto& [name, tensor] : theirs) {
      if (!name.starts_with(network)) continue;
      difference = std::max(difference, (ours.at(name) - tensor).abs().max().item<double>());
      largest = std::max(largest, tensor.abs().max().item<double>());
    }
    if (largest > 0) worst = std::max(worst, difference / largest);
  }
  return worst;
}

// What rounding in another order makes of float32 here; a share that is left out or wrong makes 1e-2 and more.
inline constexpr double kRounding = 1e-4;

inline void expect_same_losses(const train::LossMeans& ours, const train::LossMeans& theirs) {
  for (size_t i = 0; i < train::kLossNames.size(); ++i)
    EXPECT_NEAR(ours.values[i], theirs.values[i], 2e-5 * std::abs(theirs.values[i])) << train::kLossNames[i];
  EXPECT_EQ(ours.updates, theirs.updates);
  EXPECT_EQ(ours.batches, theirs.batches);
}

}  // namespace vits::train_tests
