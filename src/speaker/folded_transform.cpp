#include "folded_transform.h"

#include <cmath>
#include <numbers>

#include "matrix_kernels.h"

namespace vits::speaker {

FoldedTransform::FoldedTransform(int64_t frame_samples)
    : half_(frame_samples / 2), cosines_(size_t(bins() * half_)), sines_(size_t(bins() * half_)) {
  for (int64_t bin = 0; bin < bins(); ++bin) {
    for (int64_t sample = 1; sample <= half_; ++sample) {
      const double turn = 2.0 * std::numbers::pi / double(frame_samples);
      const double window = 0.5 - 0.5 * std::cos(turn * double(sample));
      const double angle = turn * double(bin * sample % frame_samples);
      const auto place = size_t(bin * half_ + sample - 1);
      // The middle sample is its own mirror image.
      cosines_[place] = float(window * std::cos(angle) * (sample == half_ ? 0.5 : 1.0));
      sines_[place] = float(window * std::sin(angle));
    }
  }
}

void FoldedTransform::power(const float* samples, float* power) const {
  std::vector<float> folded(size_t(half_ * kLanes)), imaginary(size_t(bins() * kLanes));
  fold(samples, 1.0f, folded.data());
  multiply_lanes(cosines_.data(), half_, bins(), half_, folded.data(), nullptr, power);
  fold(samples, -1.0f, folded.data());
  multiply_lanes(sines_.data(), half_, bins(), half_, folded.data(), nullptr, imaginary.data());
  for (int64_t place = 0; place < bins() * kLanes; ++place) {
    power[place] = power[place] * power[place] + imaginary[size_t(place)] * imaginary[size_t(place)];
  }
}

// Samples 1 ... half plus or minus their mirror images; sample 0 lies under the window's zero.
void FoldedTransform::fold(const float* samples, float sign, float* folded) const {
  for (int64_t sample = 1; sample <= half_; ++sample) {
    const float *near = samples + sample * kLanes, *far = samples + (2 * half_ - sample) * kLanes;
    for (int64_t lane = 0; lane < kLanes; ++lane) folded[(sample - 1) * kLanes + lane] = near[lane] + sign * far[lane];
  }
}

}  // namespace vits::speaker
