#include "vits/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vits::train {

namespace {

double half_cosine(double phase) { return 0.5 * (1.0 + std::cos(std::numbers::pi * phase)); }

}  // namespace

LearningRate::LearningRate(const ScheduleOptions& options, int64_t steps, int64_t steps_per_epoch)
    : options_(options),
      steps_per_epoch_(std::max<int64_t>(1, steps_per_epoch)),
      steps_left_(std::max<int64_t>(0, steps)),
      warmup_steps_(wanted_warmup()) {
  // The first step has a rate already: with W steps of warm-up it is 1 / (W + 1) of the peak.
  const auto warmup = static_cast<double>(warmup_steps_);
  phase_ = -warmup / (warmup + 1.0);
}

int64_t LearningRate::wanted_warmup() const { return std::min(options_.warmup_steps, (step_ + steps_left_) / 10); }

double LearningRate::now() const {
  const double shape = phase_ < 0.0 ? 1.0 + phase_ : fall();
  return options_.learning_rate * factor_ * shape;
}

double LearningRate::fall() const {
  if (options_.schedule == "cosine") return half_cosine(phase_);
  if (options_.schedule == "cosine_restarts") {
    if (phase_ >= 1.0) return 0.0;
    // The phase is a sum of many shares: without the last term a new fall could begin one step late.
    const double falls = phase_ * static_cast<double>(options_.restarts) + 1e-9;
    return half_cosine(falls - std::floor(falls));
  }
  if (options_.schedule == "exponential") {
    const int64_t finished_epochs = step_ / steps_per_epoch_;
    return std::pow(options_.decay_per_epoch, static_cast<double>(finished_epochs));
  }
  return 1.0;
}

void LearningRate::count_step() {
  if (phase_ < 0.0) {
    const int64_t warmup_left = warmup_steps_ - step_;
    phase_ = warmup_left <= 1 ? 0.0 : phase_ - phase_ / static_cast<double>(warmup_left);
  } else {
    phase_ = steps_left_ <= 1 ? 1.0 : phase_ + (1.0 - phase_) / static_cast<double>(steps_left_);
  }
  ++step_;
  steps_left_ = std::max<int64_t>(0, steps_left_ - 1);
}

void LearningRate::plan(int64_t steps_left) {
  steps_left_ = std::max<int64_t>(0, steps_left);
  if (phase_ >= 0.0) return;
  const int64_t quickest = std::min(warmup_steps_ - step_, std::max<int64_t>(1, steps_left_ / 10));
  warmup_steps_ = std::max(wanted_warmup(), step_ + quickest);
}

LearningRate::State LearningRate::state() const { return {phase_, factor_, step_, steps_left_, warmup_steps_}; }

void LearningRate::restore(const State& state) {
  phase_ = state.phase;
  factor_ = state.factor;
  step_ = state.step;
  steps_left_ = state.steps_left;
  warmup_steps_ = state.warmup_steps;
}

}  // namespace vits::train
