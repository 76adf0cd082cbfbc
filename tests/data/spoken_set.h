// Training folders of made-up speech: noise in syllables, so that level, pauses, bandwidth and noise are known.
#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "vits/audio/fft.h"
#include "vits/audio/write.h"
#include "vits/base/files.h"
#include "vits/data/training_set.h"

namespace vits::data_test {

constexpr int64_t kRateHz = 16000;

struct Speech {
  double seconds = 1.5;
  double level = 0.08;                                                    // root mean square of the loud parts
  double noise_level = 0.0004;                                            // under it, everywhere
  double highest_hz = 8000.0;                                             // above it there is nothing
  double silence_begin = 0.05, silence_inside = 0.1, silence_end = 0.05;  // in seconds
  int64_t rate_hz = kRateHz;
};

// Keeps what lies below `highest_hz`, by sums of overlapping pieces through the windowed ideal filter.
inline std::vector<float> low_passed(const std::vector<float>& samples, double highest_hz, int64_t rate_hz) {
  constexpr int kReach = 64;
  const double cut = 2.0 * highest_hz / static_cast<double>(rate_hz);
  std::vector<double> taps;
  for (int i = -kReach; i <= kReach; ++i) {
    const double window =
        0.42 + 0.5 * std::cos(std::numbers::pi * i / kReach) + 0.08 * std::cos(2 * std::numbers::pi * i / kReach);
    taps.push_back(window * (i == 0 ? cut : std::sin(std::numbers::pi * cut * i) / (std::numbers::pi * i)));
  }
  std::vector<float> passed(samples.size());
  for (size_t n = 0; n < samples.size(); ++n) {
    double sum = 0.0;
    const size_t begin = n < kReach ? kReach - n : 0, end = std::min(taps.size(), samples.size() + kReach - n);
    for (size_t t = begin; t < end; ++t) sum += taps[t] * samples[n + t - kReach];
    passed[n] = static_cast<float>(sum);
  }
  return passed;
}

inline std::vector<float> spoken(const Speech& speech, unsigned seed) {
  std::mt19937 chance(seed);
  std::normal_distribution<double> normal;
  const auto rate = static_cast<double>(speech.rate_hz);
  const double pause_begin = speech.seconds / 2, pause_end = pause_begin + speech.silence_inside;
  const double syllables = 3.5 + 0.1 * static_cast<double>(seed % 11);  // a second
  std::vector<float> samples(static_cast<size_t>(speech.seconds * rate));
  for (size_t n = 0; n < samples.size(); ++n) {
    const double at = static_cast<double>(n) / rate;
    const bool silent =
        at < speech.silence_begin || at > speech.seconds - speech.silence_end || (at > pause_begin && at < pause_end);
    const double syllable = 0.55 - 0.45 * std::cos(2 * std::numbers::pi * syllables * at + seed);
    const double value = silent ? 0.0 : speech.level * syllable * normal(chance);
    samples[n] = static_cast<float>(value + speech.noise_level * normal(chance));
  }
  return speech.highest_hz < 0.49 * rate ? low_passed(samples, speech.highest_hz, speech.rate_hz) : samples;
}

class SpokenSet {
 public:
  SpokenSet() { std::filesystem::create_directories(folder() / "wavs"); }

  std::filesystem::path folder() const { return temporary_.path(); }

  void add(const std::string& id, const std::string& text, std::span<const float> samples,
           const std::string& speaker = "", bool validation = false, int64_t rate_hz = kRateHz) {
    audio::write_sound(folder() / "wavs" / (id + ".wav"), samples, rate_hz);
    add_row(id, text, speaker, validation);
  }
  void add_row(const std::string& id, const std::string& text, const std::string& speaker = "",
               bool validation = false) {
    lines_[validation] += id + "|" + text + "|" + speaker + "\n";
    base::write_file(folder() / "metadata.csv", lines_[0]);
    if (!lines_[1].empty()) base::write_file(folder() / "metadata_val.csv", lines_[1]);
  }

  // Ten good clips of 1.5 s with ten letters each, one of them to validate with.
  void add_good_clips(const std::string& speaker = "") {
    static const char* const texts[] = {"abcab cabca", "bcabc abcab", "ccaab babca", "aabbc cbbaa", "cabba acbbc",
                                        "bbaca acabb", "acbac bcaab", "baabc cacba", "cbcba abacb", "abbca bacca"};
    const unsigned voice = speaker.empty() ? 0 : static_cast<unsigned>(speaker[0]);
    for (unsigned i = 0; i < 10; ++i) {
      static std::map<unsigned, std::vector<float>> made;  // the tests are compiled without optimization
      auto& samples = made[100 * voice + i];
      if (samples.empty()) samples = spoken({}, 100 * voice + i + 1);
      add(speaker + "good" + std::to_string(i), texts[i], samples, speaker, i == 9);
    }
  }

 private:
  base::TemporaryFolder temporary_;
  std::string lines_[2];
};

}  // namespace vits::data_test
