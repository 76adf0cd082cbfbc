#include "spline.h"

#include <ATen/ATen.h>

namespace vits::model {

namespace {

// No bin is narrower or flatter than this share of the box, and no knot flatter than this slope.
constexpr double kLeast = 1e-3;

// Where the knots lie along one axis: shares [..., bins] -> [..., bins + 1], from -bound to bound.
at::Tensor knot_positions(const at::Tensor& raw, double bound) {
  const int64_t bins = raw.size(-1);
  const auto shares = kLeast + (1 - kLeast * static_cast<double>(bins)) * at::softmax(raw, -1);
  const auto inner = 2 * bound * at::cumsum(shares, -1).narrow(-1, 0, bins - 1) - bound;
  return at::cat({at::full_like(inner.narrow(-1, 0, 1), -bound), inner, at::full_like(inner.narrow(-1, 0, 1), bound)},
                 -1);
}

// The piece that an element lies in.
struct Piece {
  at::Tensor x, y, width, height;  // [...] lower left corner and size of its bin
  at::Tensor slope_left, slope_right;

  at::Tensor mean_slope() const { return height / width; }
};

enum class Axis { kX, kY };

// The bin of `value` along `axis`; value lies in -bound ... bound.
Piece piece_of(const at::Tensor& value, Axis axis, const SplineKnots& knots, double bound) {
  const int64_t bins = knots.widths.size(-1);
  const auto x = knot_positions(knots.widths, bound), y = knot_positions(knots.heights, bound);  // [..., bins + 1]
  const auto inner_slopes = kLeast + at::softplus(knots.slopes);
  const auto one = at::ones_like(inner_slopes.narrow(-1, 0, 1));
  const auto table = at::stack({x, y, at::cat({one, inner_slopes, one}, -1)}, -2);  // [..., 3, bins + 1]

  const auto inner_knots = (axis == Axis::kX ? x : y).detach().narrow(-1, 1, bins - 1);
  const auto bin = (value.detach().unsqueeze(-1) >= inner_knots).sum(-1, true).unsqueeze(-2);  // [..., 1, 1]
  auto sizes = table.sizes().vec();
  sizes.back() = 1;
  const auto left = table.gather(-1, bin.expand(sizes)).squeeze(-1).unbind(-1);
  const auto right = table.gather(-1, (bin + 1).expand(sizes)).squeeze(-1).unbind(-1);
  return {left[0], left[1], right[0] - left[0], right[1] - left[1], left[2], right[2]};
}

at::Tensor outside(const at::Tensor& value, double bound) { return at::logical_not(value.abs() <= bound); }

// A knot near 5 is known to 5e-7 in float32; in a bin of width 0.01 that puts a value off by 5e-5 of the bin, and its
// gradients by more. The tensors are tiny (a number for each bin of each token), so all of it is done in double.
SplineKnots exact(const SplineKnots& knots) {
  return {knots.widths.to(at::kDouble), knots.heights.to(at::kDouble), knots.slopes.to(at::kDouble)};
}

}  // namespace

SplineValue spline(const at::Tensor& x, const SplineKnots& knots, double bound) {
  const auto inside = x.to(at::kDouble).clamp(-bound, bound);
  const Piece piece = piece_of(inside, Axis::kX, exact(knots), bound);
  const auto mean_slope = piece.mean_slope();
  const auto share = (inside - piece.x) / piece.width, rest = 1 - share;
  const auto middle = share * rest;

  const auto numerator = piece.height * (mean_slope * share.square() + piece.slope_left * middle);
  const auto denominator = mean_slope + (piece.slope_left + piece.slope_right - 2 * mean_slope) * middle;
  const auto slope_numerator =
      mean_slope.square()
      * (piece.slope_right * share.square() + 2 * mean_slope * middle + piece.slope_left * rest.square());
  const auto y = piece.y + numerator / denominator;
  const auto log_slope = slope_numerator.log() - 2 * denominator.log();
  const auto is_outside = outside(x, bound);
  return {at::where(is_outside, x, y.to(x.scalar_type())), log_slope.to(x.scalar_type()).masked_fill(is_outside, 0)};
}

at::Tensor spline_inverse(const at::Tensor& y, const SplineKnots& knots, double bound) {
  const auto inside = y.to(at::kDouble).clamp(-bound, bound);
  const Piece piece = piece_of(inside, Axis::kY, exact(knots), bound);
  const auto mean_slope = piece.mean_slope();
  const auto rise = inside - piece.y;
  const auto bend = rise * (piece.slope_left + piece.slope_right - 2 * mean_slope);

  // The share of the bin solves a quadratic equation; this form of its root does not cancel where `a` is near 0. The
  // discriminant is never negative but for rounding.
  const auto a = piece.height * (mean_slope - piece.slope_left) + bend;
  const auto b = piece.height * piece.slope_left - bend;
  const auto c = -mean_slope * rise;
  const auto share = 2 * c / (-b - (b.square() - 4 * a * c).clamp_min(0).sqrt());
  return at::where(outside(y, bound), y, (share * piece.width + piece.x).to(y.scalar_type()));
}

}  // namespace vits::model
