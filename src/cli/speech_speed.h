// How fast we speak, and how fast transformers does: the same sentences, voice and number of threads on the CPU, in
// turns, so that what else the machine does hits both.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace vits::cli {

// Numbers are seconds of work for a second of speech, medians over the rounds. Ratios are theirs by ours, the median of
// the rounds' own, which noise moves less.
struct SpeechSpeed {
  std::string our_program, their_program;                                 // instructions and threads; versions
  double our_single = 0, their_single = 0, single_ratio = 0;              // one sentence at a time
  double our_file = 0, their_file_one_by_one = 0, their_file_padded = 0;  // a file of sentences
  double file_ratio = 0;                                                  // to their better way
};

// `folder` is a Hugging Face folder; `python` has transformers; at most 64 sentences.
SpeechSpeed compare_speech_speed(const std::filesystem::path& folder, const std::string& python, int64_t threads,
                                 int64_t sentence_count, int64_t rounds);

}  // namespace vits::cli
