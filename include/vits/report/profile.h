// What --profile tells: how long each phase of a training step took, as a table for the end of the run, as figures for
// its curves, and as a trace that chrome://tracing and https://ui.perfetto.dev open.
//
// Phases follow one another without a hole, so that they sum up to the time of the steps. "voice_forward/flow" is a
// part of "voice_forward"; what is added to "voice_forward" itself is the rest of it. Nothing here looks at a clock.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vits/report/run_report.h"

namespace vits::report {

class Profile {
 public:
  // A phase of this name is no training: a validation, a checkpoint. It has no share in the steps' time.
  static constexpr const char* kOutside = "outside";
  // What the host stood still for while there was no batch.
  static constexpr const char* kDataWait = "data_wait";

  // The trace holds so many steps and no more, so that a night's is as large as a minute's.
  explicit Profile(int64_t traced_steps = 500) : traced_steps_(traced_steps) {}

  // Phases up to the next call belong to this step, those before the first to none.
  void begin_step(int64_t step);
  // Follows the phase before; one that comes more than once in a step is summed up.
  void add(const std::string& phase, double seconds);
  void end_step();

  int64_t steps() const { return steps_; }
  double seconds_per_step() const;
  double share(const std::string& phase) const;  // of the steps' time, its parts included; 0 when there was none

  // Milliseconds a step since the last call, "profile/voice_forward_ms"; empty when no step was made.
  Figures take_interval();

  // The largest phases in one line, and what waiting for data took.
  std::string summary() const;
  // Lines with their ends: every phase in the order of the step, milliseconds and share.
  std::string table() const;
  // A JSON object as torch.profiler writes it: traceEvents, one complete event a step, a phase and a part of it.
  std::string trace(const std::string& where) const;

 private:
  struct Sum {
    double seconds = 0.0, since_interval = 0.0;
  };
  struct Span {
    std::string name;
    int depth = 0;  // step, phase, part
    int64_t begin_ns = 0, end_ns = 0, step = -1;
  };

  void close_group();
  bool traces() const { return steps_ <= traced_steps_; }

  int64_t traced_steps_;
  int64_t steps_ = 0, steps_since_interval_ = 0;
  int64_t step_ = -1, step_begin_ns_ = 0, now_ns_ = 0;
  std::vector<std::string> order_;  // of phases: each behind the one it follows, a part behind its whole
  std::string newest_;              // without its part
  std::map<std::string, Sum> sums_;
  double training_seconds_ = 0.0;
  Span group_;  // of phases that follow one another and are parts of the same; without a name: none is open
  std::vector<Span> spans_;
};

}  // namespace vits::report
