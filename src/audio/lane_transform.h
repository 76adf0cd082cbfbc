// The Fourier transform of eight complex waves at once, each in a lane of the processor's vectors, of any length made
// of the primes 2, 3, 5 and 7. What a lane becomes depends neither on the other lanes nor on the processor: products
// are rounded before they are added, without FMA.
#pragma once
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vits::audio {

struct LanePoint {  // a complex number in each lane
  static constexpr int64_t kLanes = 8;
  using Lanes = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(16)));
  Lanes re, im;
};

class LaneTransform {
 public:
  static bool knows(int64_t length);
  explicit LaneTransform(int64_t length);  // one that it knows
  int64_t length() const { return static_cast<int64_t>(twiddles_.size()); }

  // points[k] = sum over n of points[n] * exp(-2 pi i k n / length). Both hold `length` points; the result is in the
  // one that is returned. Safe from several threads.
  LanePoint* run(LanePoint* points, LanePoint* scratch) const;

 private:
  std::vector<int64_t> radices_;
  std::vector<std::complex<float>> twiddles_;  // exp(-2 pi i n / length)
};

}  // namespace vits::audio
