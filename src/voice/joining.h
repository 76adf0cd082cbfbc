// Spoken pieces in a row, with the silence between them that a listener expects.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "vits/text/sentences.h"

namespace vits::voice {

double pause_seconds(text::Pause pause);

// Samples at the beginning and at the end that nobody hears: below a hundredth of the peak.
struct QuietEnds {
  size_t begin = 0, end = 0;
};
QuietEnds quiet_ends(std::span<const float> samples);

class Joining {
 public:
  explicit Joining(int64_t sample_rate_hz) : sample_rate_hz_(sample_rate_hz) {}

  // The voice's own silence at the seam counts towards the pause before the piece; what is missing is filled with
  // zeros, and nothing is cut off.
  void append(std::span<const float> piece, text::Pause pause_before);

  std::vector<float> take() { return std::exchange(samples_, {}); }  // and begin anew

 private:
  int64_t sample_rate_hz_;
  std::vector<float> samples_;
  size_t quiet_at_end_ = 0;
};

}  // namespace vits::voice
