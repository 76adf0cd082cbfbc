// One screen before a run begins: what is trained, on what, for how long, whether it fits, and where it will all be.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vits::report {

struct PlanScreen {
  // The voice.
  std::string voice;  // as it was named: "facebook/mms-tts-eng"
  int64_t parameters = 0;
  int64_t trained_parameters = 0;  // the others are frozen
  int64_t sample_rate_hz = 0;
  int64_t speakers = 1;
  int64_t discriminator_parameters = 0;  // 0: trained without
  std::string discriminator;             // where it is from: "new, alone for its first 500 steps"

  // The recordings.
  std::string data_dir;
  int64_t training_clips = 0;
  double training_seconds = 0.0;  // of sound
  int64_t validation_clips = 0;
  int64_t skipped_clips = 0;  // listed in data_dir/skipped.csv
  std::string store;          // "312.5 MB of samples in memory, decoded in 3.1 s"

  // The plan.
  double samples_per_second = 0.0;  // as measured; 0: not measured
  int64_t batch_size = 0, accumulation_steps = 1;
  int64_t first_step = 0, steps = 0;  // made in earlier parts of the run, and planned in all
  int64_t steps_in_epoch = 0;
  double run_seconds = 0.0;    // from now to the end; 0: not known
  double given_seconds = 0.0;  // hours that were asked for; 0: steps or epochs were
  int64_t now_unix_seconds = 0;

  // The machine.
  std::string device;                                       // "NVIDIA GeForce RTX 2070", "CPU, 16 threads"
  std::string precision;                                    // "fp16"
  uint64_t memory_needed_bytes = 0, memory_free_bytes = 0;  // RAM; 0: not known
  uint64_t device_needed_bytes = 0, device_free_bytes = 0, device_total_bytes = 0;  // 0: no card, or not known

  std::string checkpoint_dir, output_dir;
  std::vector<std::string> notes;  // what is not as asked for, or worth knowing: a sentence each
};

// Lines with their ends, for a terminal of 100 columns.
std::string plan_text(const PlanScreen& plan);

// "today at 23:40", "tomorrow at 07:15", "Tue 24 Nov at 07:15", by the machine's time zone.
std::string clock_text(int64_t unix_seconds, int64_t now_unix_seconds);

}  // namespace vits::report
