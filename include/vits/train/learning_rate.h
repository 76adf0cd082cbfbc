// The learning rate over a run: a linear rise, then a fall whose end is the run's end.
//
// The rate is a function of the phase: from -1 to 0 it rises, from 0 to 1 it falls. Each step moves the phase by its
// share of the steps that are left of its part; when the plan adds or drops steps, only that share changes, so the rate
// never jumps and still ends where it should.
//
// The rise takes warmup_steps, but at most a tenth of the run; a plan that is made again while it lasts lays what is
// left of it anew by the same rule. A run cut so short that its warm-up should be over already rises in a tenth of the
// steps left. Once the peak is reached the rise never comes back.
#pragma once
#include <cstdint>
#include <string>

#include "vits/base/options.h"

namespace vits::train {

struct ScheduleOptions {
  double learning_rate = 2e-5;
  int64_t warmup_steps = 500;
  std::string schedule = "cosine";
  double decay_per_epoch = 0.999875;
  int64_t restarts = 4;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("learning_rate", learning_rate, base::between(1e-9, 1), "Peak learning rate, reached when warm-up ends.");
    field("warmup_steps", warmup_steps, base::at_least(0),
          "Steps over which the rate rises to its peak; at most a tenth of the run.");
    field("schedule", schedule, base::one_of({"cosine", "cosine_restarts", "exponential", "constant"}),
          "How the rate falls after warm-up: cosine to 0, the same several times, by a factor each epoch, or not.");
    field("decay_per_epoch", decay_per_epoch, base::between(0.01, 1), "Factor an epoch of the exponential schedule.");
    field("restarts", restarts, base::between(1, 100), "Falls of the cosine_restarts schedule.");
  }
};

class LearningRate {
 public:
  LearningRate(const ScheduleOptions& options, int64_t steps, int64_t steps_per_epoch);

  double now() const;  // for the step that comes next; 0 after the last one of a cosine schedule
  void count_step();   // a step was made
  void plan(int64_t steps_left);
  int64_t steps_left() const { return steps_left_; }
  double phase() const { return phase_; }

  // Lowers everything from now on: after a rollback.
  void scale(double factor) { factor_ *= factor; }

  // With the same options, a schedule restored from it goes on bit for bit.
  struct State {
    double phase = 0.0, factor = 1.0;
    int64_t step = 0, steps_left = 0;
    int64_t warmup_steps = 0;  // as planned: the step at which the peak is reached
  };
  State state() const;
  void restore(const State& state);

 private:
  int64_t wanted_warmup() const;
  double fall() const;  // 1 at the peak

  ScheduleOptions options_;
  int64_t steps_per_epoch_;
  double phase_ = 0.0, factor_ = 1.0;
  int64_t step_ = 0, steps_left_, warmup_steps_;
};

}  // namespace vits::train
