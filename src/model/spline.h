// A monotonic curve through a few knots, the identity outside of its box: what the duration flows bend a value with.
// Rational quadratic pieces (Durkan et al. 2019, "Neural Spline Flows", equations 4 to 8), for which value, slope and
// inverse are closed formulas.
//
// One operator (spline_cpu.cpp, spline.cu) with a gradient of its own, from what a convolution leaves to the sum that
// the loss wants; nothing makes the host wait for the device. The arithmetic is in double whatever the inputs are.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// The curves of a batch as the network gives them: for every token the widths of the bins, their heights, both before
// softmax, and the slopes at the inner knots before softplus. At the ends the slope is that of the identity.
struct SplineKnots {
  at::Tensor raw;    // [B, 3 bins - 1, T]
  double scale = 1;  // of widths and heights
  double bound = 5;  // the box reaches from -bound to bound on both axes
};

struct SplineValue {
  at::Tensor y;                // [B, 1, T], 0 at padding
  at::Tensor log_determinant;  // [B] the sum of log dy/dx over real tokens
};

// x, token_mask [B, 1, T]. Outside of the box y is x, and no gradient reaches the knots. Both outputs have a first
// derivative, with respect to x and the knots.
SplineValue spline(const at::Tensor& x, const SplineKnots& knots, const at::Tensor& token_mask);

// The x whose spline is y, 0 at padding. It has no gradient, and says so where one is asked for.
at::Tensor spline_inverse(const at::Tensor& y, const SplineKnots& knots, const at::Tensor& token_mask);

}  // namespace vits::model
