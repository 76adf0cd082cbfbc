// The last lines of a run: what came of the night, where it is, and how to hear it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vits::report {

struct RunSummary {
  struct Validated {
    int64_t step = 0, epoch = 0;
    double loss = 0.0;
  };

  std::string why_it_ended;  // when not all planned steps were made: "stopped by Ctrl-C"
  int64_t steps = 0;         // made in all parts of the run
  double epochs = 0.0;
  double used_seconds = 0.0, given_seconds = 0.0;  // given: 0 when steps or epochs were asked for
  double samples_per_second = 0.0;

  std::string measure = "validation mel loss";  // "training mel loss" where nothing was held out
  std::optional<Validated> start, best, end;

  std::filesystem::path best_model, final_model, checkpoint_dir;  // empty: there is none
  int64_t checkpoints_kept = 0;
  int64_t skipped_clips = 0;
  std::filesystem::path skipped_file;

  std::string profile;                             // in one line; empty: nobody asked
  std::string sentence = "This is my new voice.";  // for the command to listen
  std::string speaker;                             // of a voice with several
  std::string resume_command;                      // when the run can go on
  std::vector<std::string> notes;                  // a sentence each: over-fitting, steps taken back
};

// Lines with their ends.
std::string summary_text(const RunSummary& summary);

// A word of a command as a shell takes it: in quotation marks where it must be.
std::string shell_word(const std::string& word);

}  // namespace vits::report
