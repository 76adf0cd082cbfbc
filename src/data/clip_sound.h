// From the samples of a recording to those of a training clip: the model's rate, no silence at the ends, the length
// that was asked for, one loudness.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vits/data/prepare.h"

namespace vits::data {

struct ClipSound {
  std::vector<float> samples;  // at ClipOptions::sample_rate_hz
  bool peak_lowered = false;   // the gain was made smaller, or the true peak would have come above -1 dBFS
  std::string rejected;        // why there are no samples: "kind: reason"
};

class ClipSoundMaker {
 public:
  explicit ClipSoundMaker(const ClipOptions& options);  // throws UsageError when an option has no sense

  // `name` is the recording's, for the reason. Safe to call from several threads; throws Error.
  ClipSound make(std::span<const float> samples, int64_t sample_rate_hz, const std::string& name) const;

  // Why a clip of so many samples is left out; empty: it is not.
  std::string length_complaint(int64_t samples, const std::string& name) const;

 private:
  ClipOptions options_;
  bool levels_loudness_ = false;
  double loudness_lufs_ = 0.0;
};

}  // namespace vits::data
