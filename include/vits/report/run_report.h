// What a person sees of a training run, and what they find of it the next morning: one live line on a terminal (plain
// lines elsewhere), `train.log`, `metrics.jsonl` and TensorBoard event files in the checkpoint folder.
//
// Nothing here ends a run: when a file cannot be written any more, that is said once and training goes on.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vits::report {

struct RunPlace {
  int64_t step = 0, steps = 0;  // made, and planned in all
  int64_t epoch = 0;            // from 1
  int64_t step_in_epoch = 0, steps_in_epoch = 0;
};

// Means over the steps since the last figures, by name: "total", "mel", "kl", "duration", "gen", "fmap", "disc", ...
using Figures = std::vector<std::pair<std::string, double>>;

struct StepReport {
  RunPlace place;
  Figures losses;
  Figures more;  // "grad_norm_gen", "loss_scale", ...: to the files, not to the line
  double learning_rate = 0.0;
  double samples_per_second = 0.0;
  double data_wait_share = 0.0;                            // 0 to 1
  uint64_t device_bytes_used = 0, device_bytes_total = 0;  // 0 without a card
  uint64_t process_bytes = 0;                              // resident
  std::string memory_level;                                // how short memory is: "low", "high"; empty: not watched
  double epoch_eta_seconds = 0.0, run_eta_seconds = 0.0;
  double elapsed_seconds = 0.0;  // of training, earlier parts of the run counted
};

// Rows of numbers as an image, dark to light, the first row at the bottom: a spectrogram, an alignment.
struct Heatmap {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;  // row after row
};

class RunReport {
 public:
  // Goes on in the files of a run that is continued: entries after `step` are cut from metrics.jsonl and purged from
  // TensorBoard's curves.
  RunReport(std::filesystem::path folder, int64_t step);
  ~RunReport();
  RunReport(const RunReport&) = delete;
  RunReport& operator=(const RunReport&) = delete;

  // A step before the newest one tells that the run was taken back: TensorBoard's curves are purged from there on.
  void step(const StepReport& report);
  // The live line alone, between two step reports; costs microseconds and writes to no file.
  void live(const StepReport& report);

  void validation(const RunPlace& place, const Figures& losses, double seconds);
  void image(int64_t step, const std::string& tag, const Heatmap& map);
  void sound(int64_t step, const std::string& tag, std::span<const float> samples, int64_t sample_rate_hz);
  void text(int64_t step, const std::string& tag, const std::string& markdown);

  // A line on the terminal, above the live line, and in train.log; several where the text has several.
  void info(const std::string& text);
  void warn(const std::string& text);

  // Tries again to write what could not be written. Everything else was handed to the system at once; nothing here
  // waits for the disk.
  void flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vits::report
