// Log-mel spectrograms of recordings as audio::log_mel makes them, on one thread, four frames at once and without
// LibTorch's calls, which for the short clips of a data set cost more than the arithmetic.
#pragma once
#include <c10/util/Half.h>

#include <cstdint>
#include <span>
#include <vector>

#include "vits/audio/lane_fft.h"
#include "vits/audio/spectrogram.h"

namespace vits::data {

// The mel bands without the zeros around them; may be shared by threads.
class MelBands {
 public:
  MelBands(int64_t sample_rate_hz, const audio::SpectrogramShape& shape);

  const audio::SpectrogramShape& shape() const { return shape_; }
  size_t bands() const { return bands_.size(); }

  // magnitudes [K] of some frames in the lanes -> ln(max(mel, 1e-5)) of the first `frames` of them, [frames, M].
  void log_mel(std::span<const audio::Lanes> magnitudes, size_t frames, c10::Half* mels) const;

 private:
  struct Band {
    size_t first_bin = 0;
    std::vector<float> weights;
  };
  audio::SpectrogramShape shape_;
  std::vector<Band> bands_;
};

// Serves one thread.
class MelMaker {
 public:
  explicit MelMaker(const MelBands& bands);

  // mels [F, M] for F = samples / hop_samples rounded down; more samples than are mirrored at an end.
  void make(std::span<const int16_t> samples, c10::Half* mels);

 private:
  const MelBands& bands_;
  audio::LaneFft fft_;
  std::vector<float> window_, wave_;
  std::vector<audio::Lanes> frames_, magnitudes_;
};

}  // namespace vits::data
