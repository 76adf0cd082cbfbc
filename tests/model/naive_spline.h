// The spline as some sixty tensor operators, whose gradients LibTorch derives: slow, and what the one operator must
// equal.
#pragma once
#include <ATen/ATen.h>

namespace vits::model::naive {

// Of elements [...], already scaled.
struct Knots {
  at::Tensor widths;   // [..., bins]
  at::Tensor heights;  // [..., bins]
  at::Tensor slopes;   // [..., bins - 1]
};

struct Value {
  at::Tensor y, log_slope;  // [...]
};

inline constexpr double kLeast = 1e-3;

// Where the knots lie along one axis: [..., bins] -> [..., bins + 1], from -bound to bound.
inline at::Tensor knot_positions(const at::Tensor& raw, double bound) {
  const int64_t bins = raw.size(-1);
  const auto shares = kLeast + (1 - kLeast * static_cast<double>(bins)) * at::softmax(raw, -1);
  const auto inner = 2 * bound * at::cumsum(shares, -1).narrow(-1, 0, bins - 1) - bound;
  const auto end = at::full_like(raw.narrow(-1, 0, 1), bound);
  return at::cat({-end, inner, end}, -1);
}

// At every knot: [..., bins - 1] -> [..., bins + 1].
inline at::Tensor knot_slopes(const at::Tensor& raw) {
  const auto one = at::ones_like(raw.narrow(-1, 0, 1));
  return at::cat({one, kLeast + at::softplus(raw), one}, -1);
}

struct Piece {
  at::Tensor x, y, width, height, slope_left, slope_right, mean_slope;
};

// The bin of `value` among the knots of `along`.
inline Piece piece_of(const at::Tensor& value, const at::Tensor& along, const Knots& knots, double bound) {
  const auto x = knot_positions(knots.widths, bound), y = knot_positions(knots.heights, bound);
  const auto slopes = knot_slopes(knots.slopes);
  const auto inner_knots = knot_positions(along, bound).detach().narrow(-1, 1, along.size(-1) - 1);
  const auto bin = (value.detach().unsqueeze(-1) >= inner_knots).sum(-1, true);
  const auto left = [&](const at::Tensor& table) { return table.gather(-1, bin).squeeze(-1); };
  const auto right = [&](const at::Tensor& table) { return table.gather(-1, bin + 1).squeeze(-1); };
  const auto width = right(x) - left(x), height = right(y) - left(y);
  return {left(x), left(y), width, height, left(slopes), right(slopes), height / width};
}

inline Knots in_double(const Knots& knots) {
  return {knots.widths.to(at::kDouble), knots.heights.to(at::kDouble), knots.slopes.to(at::kDouble)};
}

inline Value spline(const at::Tensor& x, const Knots& raw, double bound) {
  const Knots knots = in_double(raw);
  const auto inside = x.to(at::kDouble).clamp(-bound, bound);
  const Piece piece = piece_of(inside, knots.widths, knots, bound);
  const auto& mean_slope = piece.mean_slope;
  const auto share = (inside - piece.x) / piece.width, rest = 1 - share;
  const auto middle = share * rest;
  const auto numerator = piece.height * (mean_slope * share.square() + piece.slope_left * middle);
  const auto denominator = mean_slope + (piece.slope_left + piece.slope_right - 2 * mean_slope) * middle;
  const auto slope_numerator =
      mean_slope.square()
      * (piece.slope_right * share.square() + 2 * mean_slope * middle + piece.slope_left * rest.square());
  const auto y = piece.y + numerator / denominator;
  const auto log_slope = slope_numerator.log() - 2 * denominator.log();
  const auto is_outside = at::logical_not(x.abs() <= bound);
  return {at::where(is_outside, x, y.to(x.scalar_type())), log_slope.to(x.scalar_type()).masked_fill(is_outside, 0)};
}

inline at::Tensor spline_inverse(const at::Tensor& y, const Knots& raw, double bound) {
  const Knots knots = in_double(raw);
  const auto inside = y.to(at::kDouble).clamp(-bound, bound);
  const Piece piece = piece_of(inside, knots.heights, knots, bound);
  const auto rise = inside - piece.y;
  const auto bend = rise * (piece.slope_left + piece.slope_right - 2 * piece.mean_slope);
  const auto a = piece.height * (piece.mean_slope - piece.slope_left) + bend;
  const auto b = piece.height * piece.slope_left - bend;
  const auto c = -piece.mean_slope * rise;
  const auto share = 2 * c / (-b - (b.square() - 4 * a * c).clamp_min(0).sqrt());
  return at::where(at::logical_not(y.abs() <= bound), y, (share * piece.width + piece.x).to(y.scalar_type()));
}

}  // namespace vits::model::naive
