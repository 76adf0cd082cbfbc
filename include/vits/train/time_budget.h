// Turns the hours a person has into the steps we can train, and keeps to them.
//
// A plan is made from a measurement and made again as the run goes: the newest steps tell how fast the machine is now.
// Validation, checkpoints and the export at the end are counted in. The run ends within the budget, at most 3 % early.
// Time is passed in, never asked for, so that a night can be simulated in a test.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "vits/base/options.h"

namespace vits::train {

struct BudgetOptions {
  double target_hours = 9.5;
  std::string deadline;
  double epochs = 0.0;
  int64_t max_steps = 0;
  int64_t benchmark_samples = 200;
  int64_t early_stopping = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("target_hours", target_hours, base::between(0.001, 10000),
          "Hours to train; the number of steps is measured and planned to fill them.");
    field("deadline", deadline, base::any(), "A time on the clock to be ready by, such as 09:30, in place of hours.");
    field("epochs", epochs, base::between(0, 1e6), "Train this many epochs, however long they take.");
    field("max_steps", max_steps, base::at_least(0), "Train this many steps, however long they take.");
    field("benchmark_samples", benchmark_samples, base::at_least(1),
          "Clips trained on before the start to measure how fast this machine is; the voice is put back afterwards.");
    field("early_stopping", early_stopping, base::at_least(0),
          "Stop after this many validations without a better one; 0: never.");
  }
};

// What a run consists of besides steps.
struct Costs {
  double seconds_per_step = 0.0;
  double seconds_per_validation = 0.0;  // one
  double seconds_per_checkpoint = 0.0;  // what one costs the training, not the writing beside it
  double seconds_at_end = 0.0;          // last validation, last checkpoint, export
  int64_t steps_per_validation = 0;     // 0: none
  int64_t steps_per_checkpoint = 0;
};

// How many steps fit into `seconds`, everything counted; 0 when not even one does.
int64_t steps_that_fit(double seconds, const Costs& costs);

class TimeBudget {
 public:
  // `used_seconds` of training in earlier parts of the run count.
  TimeBudget(double seconds, double used_seconds, const Costs& costs);

  // The run goes on at `now_seconds` (of any steady clock); call it before the first step.
  void start(double now_seconds);

  void count_step(double step_seconds);
  void count_validation(double seconds);
  void count_checkpoint(double seconds);
  void count_end(double seconds);  // of an export, when one was measured

  // Steps that still fit at `now_seconds`, with a reserve against overshooting that shrinks as the end comes near.
  int64_t steps_left(double now_seconds) const;

  double used_seconds(double now_seconds) const;  // in all
  double total_seconds() const { return total_seconds_; }
  const Costs& costs() const { return costs_; }  // as measured so far

 private:
  double total_seconds_, used_before_, started_ = 0.0;
  Costs costs_;
  // ... the newest steps
};

// Seconds from now (since 1970, in local time) to the next "HH:MM". Throws UsageError for another form.
double seconds_until(const std::string& clock_time, int64_t now_unix_seconds);

}  // namespace vits::train
