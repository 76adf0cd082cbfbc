// A training folder of a few short clips of noise, and what a voice wants of it.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "recordings.h"
#include "vits/data/clip_store.h"
#include "vits/text/tokenizer.h"

namespace vits::data_tests {

inline text::Tokenizer letters() {
  text::TokenizerSettings settings;
  settings.vocab["-"] = 0;
  for (char letter = 'a'; letter <= 'z'; ++letter) settings.vocab[std::string(1, letter)] = letter - 'a' + 1;
  settings.vocab[" "] = 27;
  settings.normalize = true;
  return text::Tokenizer(settings);
}

inline std::vector<float> noise(int64_t samples, unsigned seed) {
  std::vector<float> wave;
  uint32_t state = seed * 2654435761u + 1;
  for (int64_t i = 0; i < samples; ++i) {
    state = state * 1664525u + 1013904223u;
    wave.push_back(static_cast<float>(state >> 8) / 16777216.0f - 0.5f);
  }
  return wave;
}

// Small frames, so that short clips do.
inline data::StoreTarget small_target() {
  return {
      .sample_rate_hz = 4000, .fft_samples = 64, .hop_samples = 16, .segment_frames = 8, .speakers = {}, .threads = 2};
}

class SmallSet {
 public:
  SmallSet() { set_.folder = temporary_.path(); }

  const fs::path& folder() const { return set_.folder; }
  const data::TrainingSet& set() const { return set_; }
  data::TrainingSet& set() { return set_; }
  fs::path wav(const std::string& id) const { return folder() / "wavs" / (id + ".wav"); }

  void add_row(const std::string& id, const std::string& text, bool validation = false,
               const std::string& speaker = "") {
    int64_t row = 1;
    for (const auto& clip : set_.clips) row += clip.validation == validation;
    set_.clips.push_back({.id = id, .text = text, .speaker = speaker, .validation = validation, .row = row});
  }
  void add(const std::string& id, int64_t samples, const std::string& text = "abc", bool validation = false,
           const std::string& speaker = "") {
    write_wav(wav(id), noise(samples, static_cast<unsigned>(set_.clips.size()) + 1), 4000);
    add_row(id, text, validation, speaker);
  }
  void add_clips(int count) {
    for (int i = 0; i < count; ++i)
      add("clip" + std::to_string(i), 400 + 37 * i, std::string(1 + i % 5, static_cast<char>('a' + i % 26)),
          i % 5 == 4);
  }

 private:
  base::TemporaryFolder temporary_;
  data::TrainingSet set_;
};

}  // namespace vits::data_tests
