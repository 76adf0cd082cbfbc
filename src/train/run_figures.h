// The figures of a run as its reports want them: speed, memory, what the machine is.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "vits/report/plan_screen.h"
#include "vits/report/run_report.h"
#include "vits/train/learner.h"
#include "vits/train/learning_rate.h"
#include "vits/train/progress.h"

namespace vits::train {

// How fast the run is, between two looks at the losses.
class ThroughputMeter {
 public:
  struct Interval {
    double seconds_per_step = 0.0, samples_per_second = 0.0, data_wait_share = 0.0;
  };

  void start(double now_seconds, const Progress& progress, double waited_seconds);
  // Since the last call or start().
  Interval interval(double now_seconds, const Progress& progress, double waited_seconds);
  // Time that is not training: a validation, a checkpoint.
  void leave_out(double seconds) { left_out_ += seconds; }

  const Interval& last() const { return last_; }
  double samples_per_second() const;  // of the whole run so far

 private:
  double then_ = 0.0, waited_ = 0.0, left_out_ = 0.0;
  Progress progress_;
  Interval last_;
  double seconds_ = 0.0;
  int64_t samples_ = 0;
};

uint64_t free_device_bytes(at::Device device);  // 0 of the CPU
uint64_t peak_device_bytes(at::Device device);  // that tensors ever took; 0 of the CPU

std::string device_text(at::Device device);
std::string precision_text(std::optional<c10::ScalarType> half);

// Parameters, memory and machine.
report::PlanScreen screen_of(const Learner& learner, const Networks& networks);

report::StepReport step_report(const LossMeans& losses, const Learner& learner);

formats::Json json_of(const LearningRate::State& state);
LearningRate::State rate_state(const formats::Json& json);

}  // namespace vits::train
