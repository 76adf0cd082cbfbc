// The power spectrum of four pieces of sound at once, each in a lane of the processor's vectors: several times as fast
// as one after the other, for work on whole data sets.
#pragma once
#include <complex>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "vits/audio/fft.h"

namespace vits::audio {

inline constexpr size_t kLanes = 4;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

// One object serves one thread.
class LaneFft {
 public:
  explicit LaneFft(size_t samples);  // any even number; fast for powers of two

  size_t samples() const { return samples_; }
  size_t bins() const { return samples_ / 2 + 1; }

  // What RealFft::power gives, for each lane: power[k] = |spectrum[k]|^2.
  void power(std::span<const Lanes> wave, std::span<Lanes> power);

 private:
  struct Point {  // a complex number in each lane
    Lanes re, im;
  };
  void transform();  // of points_, in place
  void power_one_by_one(std::span<const Lanes> wave, std::span<Lanes> power);

  size_t samples_;
  std::optional<RealFft> one_by_one_;           // when the length is no power of two
  std::vector<std::complex<float>> twiddles_;   // exp(-2 pi i n / (samples / 2))
  std::vector<std::complex<float>> rotations_;  // exp(-2 pi i k / samples)
  std::vector<Point> points_, scratch_;
};

}  // namespace vits::audio
