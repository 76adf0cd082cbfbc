// A monotonic curve through a few knots, the identity outside of its box: what the duration flows bend a value with.
// Rational quadratic pieces (Durkan et al. 2019, "Neural Spline Flows", equations 4 to 8), for which value, slope and
// inverse are closed formulas.
//
// One operator (spline_cpu.cpp, spline.cu) with a gradient of its own; nothing makes the host wait for the device. The
// arithmetic is in double whatever the inputs are, which may be views of any strides.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// As the network gives them, before softmax and softplus.
struct SplineKnots {
  at::Tensor widths;   // [..., bins]
  at::Tensor heights;  // [..., bins]
  at::Tensor slopes;   // [..., bins - 1] at the inner knots; at the ends the slope is that of the identity
};

struct SplineValue {
  at::Tensor y;          // [...]
  at::Tensor log_slope;  // [...] log dy/dx
};

// x [...]; the box reaches from -bound to bound on both axes. Outside of it y is x, and no gradient reaches the knots.
// y and log_slope have a first derivative, with respect to x and the knots.
SplineValue spline(const at::Tensor& x, const SplineKnots& knots, double bound);

// The x whose spline is y. It has no gradient, and says so where one is asked for.
at::Tensor spline_inverse(const at::Tensor& y, const SplineKnots& knots, double bound);

}  // namespace vits::model
