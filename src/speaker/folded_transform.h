// The power spectrum of a short frame under a periodic Hann window, for many frames side by side.
//
// The cosines are even about the frame's middle and the sines odd, so sums and differences of mirrored samples take
// half the work; as a product with a small matrix this is as quick as a fast transform of such a size and needs no
// library.
#pragma once
#include <cstdint>
#include <vector>

namespace vits::speaker {

class FoldedTransform {
 public:
  explicit FoldedTransform(int64_t frame_samples);  // even

  int64_t bins() const { return half_ + 1; }

  // samples [frame_samples, kLanes] -> |transform|^2 [bins, kLanes]. Safe to call from several threads.
  void power(const float* samples, float* power) const;

 private:
  void fold(const float* samples, float sign, float* folded) const;

  int64_t half_;
  std::vector<float> cosines_, sines_;  // [bins, half]
};

}  // namespace vits::speaker
