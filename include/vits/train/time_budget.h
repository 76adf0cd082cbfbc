// Turns the hours a person has into the steps we can train, and keeps to them.
//
// A plan is made from a measurement and made again as the run goes: the newest steps tell how fast the machine is now.
// Validation, checkpoints and the export at the end are counted in. Time is passed in, never asked for, so that a night
// can be simulated in a test.
//
// The run ends within the budget, at most 3 % early, or, where that is more, by the slowest of the newest steps and
// what falls due before it (steps of 8 s in a budget of 72 s). It ends late only when its end takes a tenth longer than
// was said, or when the last steps are slower than all before them: of a changed speed three steps must be seen.
#pragma once
#include <cstdint>
#include <deque>
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

// How many steps fit into `seconds`, everything counted; 0 when not even one does. A validation or checkpoint that
// would fall due with the last step is the one at the end and not counted twice: a trainer makes it only if steps are
// left.
int64_t steps_that_fit(double seconds, const Costs& costs);

class TimeBudget {
 public:
  // `used_seconds` of training in earlier parts of the run count.
  TimeBudget(double seconds, double used_seconds, const Costs& costs);

  // The run goes on at `now_seconds` (of any steady clock); call it before the first step. When it goes on in the
  // middle of an epoch, the steps made since the last validation and checkpoint tell when the next ones are due.
  void start(double now_seconds, int64_t steps_since_validation = 0, int64_t steps_since_checkpoint = 0);

  // As the clock on the wall sees it, without validation and checkpoint. Where steps are only sent off to a device and
  // some of them wait for it, each is told the mean since the last wait.
  void count_step(double step_seconds);
  void count_validation(double seconds);
  void count_checkpoint(double seconds);
  void count_end(double seconds);  // all that comes after the last step, when it was measured

  // Steps that still fit at `now_seconds`, with a reserve against overshooting that shrinks as the end comes near. Ask
  // before every step: a changed speed is followed within a minute, or a tenth of the budget if that is less (but not
  // before three steps).
  int64_t steps_left(double now_seconds) const;

  double used_seconds(double now_seconds) const;  // in all
  double total_seconds() const { return total_seconds_; }
  Costs costs() const;  // at the speed of now

 private:
  // Something that is not measured at every moment. When the steps have become slower since, so has it.
  struct Cost {
    double seconds = 0.0;
    double seconds_per_step = 0.0;  // at the time it was measured; 0 when that is not known
    double at(double seconds_per_step_now) const;
  };

  void forget_oldest();
  void measure_speed();
  size_t newest(double seconds, size_t fewest) const;
  double slowest_step() const;
  double known_speed() const;

  double total_seconds_, used_before_, recent_seconds_;
  std::optional<double> started_;
  Costs told_;
  Cost validation_, checkpoint_, end_;
  int64_t validations_ = 0, checkpoints_ = 0;  // measured
  int64_t steps_since_validation_ = 0, steps_since_checkpoint_ = 0;
  std::deque<double> steps_;    // the newest, in seconds
  int64_t foretold_ = 0;        // so many at the front of steps_ are not measured but told beforehand
  double steps_seconds_ = 0.0;  // their sum
  double seconds_per_step_ = 0.0;
};

// Seconds from now (since 1970, in local time) to the next "HH:MM". Throws UsageError for another form.
double seconds_until(const std::string& clock_time, int64_t now_unix_seconds);

}  // namespace vits::train
