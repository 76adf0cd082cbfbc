// The gradient of a convolution's filters by the transforms of signal_convolution.h: with X = B^T x and the gradient of
// the results dy, dW = (A dy) X^T at each point and dw = G^T dW.
//
// Transformed, both signals lie in panels of 16 channels, place by place; a clip has `tiles` places for each phase of
// the dilation. Group q of a kernel's taps sees the inputs q places further on: behind the tiles of the results there
// are as many whose gradient is zero, and behind the last place of the inputs zeros.
#pragma once
#include <cstdint>

#include "signal_convolution.h"

namespace vits::model {

struct FilterGradient {
  const float* in = nullptr;       // [clips, inputs, samples]
  const float* results = nullptr;  // their gradient, [clips, outputs, results]
  float* in_points = nullptr;      // [points][inputs / 16][panel]
  float* result_points = nullptr;  // [points][outputs / 16][panel]
  float* products = nullptr;       // [groups][points][outputs][inputs]
  float* gradient = nullptr;       // [outputs, inputs, kernel]
  FilterPlan plan;
  int64_t clips = 0, inputs = 0, outputs = 0;  // channels: multiples of 16
  int64_t samples = 0, result_samples = 0, padding = 0, dilation = 1;

  int64_t tiles() const { return (result_samples + kTile * dilation - 1) / (kTile * dilation) + plan.groups - 1; }
  int64_t places() const { return clips * dilation * tiles(); }
  int64_t panel() const { return (places() + plan.groups - 1) * kChannelStep; }
  int64_t rows_of(int64_t some_tiles) const { return (kTile * some_tiles + plan.group_taps) * dilation; }
};

}  // namespace vits::model
