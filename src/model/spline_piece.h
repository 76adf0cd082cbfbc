// The spline at one element, for spline_cpu.cpp and spline.cu.
//
//   p = softmax(scale raw widths)                         shares of the bins, K of them
//   X[j] = 2 bound sum(least + (1 - K least) p[k], k < j) - bound        knots; Y from the heights alike
//   d[j] = least + softplus(raw slopes[j - 1])            slopes at the inner knots; 1 at both ends
//
// In the bin from (X[b], Y[b]) to (X[b+1], Y[b+1]), w wide and h high, s = h / w, t = (x - X[b]) / w and r = 1 - t:
//
//   N = h (s t^2 + d[b] t r)            D = s + (d[b] + d[b+1] - 2 s) t r
//   Q = d[b+1] t^2 + 2 s t r + d[b] r^2
//   y = Y[b] + N / D                    log dy/dx = log(s^2 Q) - 2 log D
//
// Everything is in double: a knot near 5 is known to 5e-7 in float32, which in a bin of width 0.01 puts a value off by
// 5e-5 of the bin, and its gradients by more.
#pragma once
#include <cmath>

#include "spline_elements.h"

#ifdef __CUDACC__
#define VITS_HOST_DEVICE __host__ __device__ inline
#else
#define VITS_HOST_DEVICE inline
#endif

namespace vits::model::spline_piece {

// No bin is narrower or flatter than this share of the box, and no knot flatter than this slope.
inline constexpr double kLeast = 1e-3;

// Beyond this raw slope softplus is the identity, as in LibTorch.
inline constexpr double kSoftplusEnd = 20;

// Which element: the number of its token, and where its knots begin.
struct Place {
  int64_t clip, token, number, knots;

  VITS_HOST_DEVICE Place(const SplineExtent& extent, int64_t of_clip, int64_t of_token)
      : clip(of_clip),
        token(of_token),
        number(of_clip * extent.tokens + of_token),
        knots(of_clip * (3 * extent.bins - 1) * extent.tokens + of_token) {}
};

// The raw numbers of one element.
template <typename T>
struct Row {
  T* data;
  int64_t stride;

  VITS_HOST_DEVICE T& operator[](int64_t bin) const { return data[bin * stride]; }
};

template <typename T>
struct RowsOfKnots {
  Row<T> widths, heights, slopes;

  VITS_HOST_DEVICE RowsOfKnots(T* raw, const SplineExtent& extent, const Place& place)
      : widths{raw + place.knots, extent.tokens},
        heights{widths.data + extent.bins * extent.tokens, extent.tokens},
        slopes{heights.data + extent.bins * extent.tokens, extent.tokens} {}
};

// softmax of an element's raw numbers. Shares are worked out anew where they are needed: an array of them for each
// thread would have a GPU set memory aside for all the threads that it can run.
template <typename T>
struct Shares {
  Row<const T> raw;
  double scale, largest, sum = 0;

  VITS_HOST_DEVICE Shares(Row<const T> row, const SplineExtent& extent)
      : raw(row), scale(extent.knot_scale), largest(row[0]) {
    for (int64_t bin = 1; bin < extent.bins; ++bin)
      largest = raw[bin] > largest ? static_cast<double>(raw[bin]) : largest;
    for (int64_t bin = 0; bin < extent.bins; ++bin) sum += std::exp((raw[bin] - largest) * scale);
  }
  VITS_HOST_DEVICE double operator[](int64_t bin) const { return std::exp((raw[bin] - largest) * scale) / sum; }
};

// The bins of one axis, one after the other.
template <typename T>
struct Walk {
  Shares<T> shares;
  int64_t bins;
  double bound;
  int64_t bin = 0;
  double before = 0, here;  // shares of the bins to the left, and of this one
  double left, right;       // its knots

  VITS_HOST_DEVICE Walk(Row<const T> row, const SplineExtent& extent)
      : shares(row, extent), bins(extent.bins), bound(extent.bound), here(shares[0]), left(-bound), right(knot()) {}
  VITS_HOST_DEVICE void advance() {
    ++bin;
    before += here;
    here = shares[bin];
    left = right;
    right = knot();
  }

 private:
  VITS_HOST_DEVICE double knot() const {
    if (bin + 1 == bins) return bound;
    const auto ends = static_cast<double>(bin + 1), all = static_cast<double>(bins);
    return 2 * bound * (kLeast * ends + (1 - kLeast * all) * (before + here)) - bound;
  }
};

template <typename T>
VITS_HOST_DEVICE double knot_slope(Row<const T> raw, int64_t knot, int64_t bins) {
  if (knot == 0 || knot == bins) return 1;
  const double slope = raw[knot - 1];
  return kLeast + (slope > kSoftplusEnd ? slope : std::log1p(std::exp(slope)));
}

template <typename T>
VITS_HOST_DEVICE double knot_slope_gradient(Row<const T> raw, int64_t knot) {
  const double slope = raw[knot - 1];
  return slope > kSoftplusEnd ? 1.0 : 1 / (1 + std::exp(-slope));
}

// The bin that an element lies in.
template <typename T>
struct Piece {
  Walk<T> across, up;
  Row<const T> raw_slopes;
  double width, height, mean_slope, slope_left, slope_right;

  enum class Axis { kX, kY };

  VITS_HOST_DEVICE Piece(double value, Axis axis, const RowsOfKnots<const T>& knots, const SplineExtent& extent)
      : across(knots.widths, extent), up(knots.heights, extent), raw_slopes(knots.slopes) {
    while (across.bin + 1 < extent.bins && value >= (axis == Axis::kX ? across.right : up.right)) {
      across.advance();
      up.advance();
    }
    width = across.right - across.left;
    height = up.right - up.left;
    mean_slope = height / width;
    slope_left = knot_slope(raw_slopes, across.bin, extent.bins);
    slope_right = knot_slope(raw_slopes, across.bin + 1, extent.bins);
  }
};

// False for what is not a number, too.
VITS_HOST_DEVICE bool is_inside(double value, double bound) { return value >= -bound && value <= bound; }

// Writes y; gives the logarithm of the slope.
template <typename T>
VITS_HOST_DEVICE double run(const SplineForward<T>& problem, const Place& place) {
  T& y = problem.y[place.number];
  y = 0;
  if (problem.mask[place.number] == 0) return 0;
  const double x = problem.x[place.number];
  y = static_cast<T>(x);
  if (!is_inside(x, problem.extent.bound)) return 0;
  const Piece<T> piece(x, Piece<T>::Axis::kX, {problem.raw, problem.extent, place}, problem.extent);
  const double s = piece.mean_slope, t = (x - piece.across.left) / piece.width, r = 1 - t;
  const double n = piece.height * (s * t * t + piece.slope_left * t * r);
  const double d = s + (piece.slope_left + piece.slope_right - 2 * s) * t * r;
  const double q = piece.slope_right * t * t + 2 * s * t * r + piece.slope_left * r * r;
  y = static_cast<T>(piece.up.left + n / d);
  return std::log(s * s * q) - 2 * std::log(d);
}

// The share of the bin solves a quadratic equation; this form of its root does not cancel where `a` is near 0. The
// discriminant is never negative but for rounding.
template <typename T>
VITS_HOST_DEVICE double run(const SplineInverse<T>& problem, const Place& place) {
  T& x = problem.x[place.number];
  x = 0;
  if (problem.mask[place.number] == 0) return 0;
  const double y = problem.y[place.number];
  x = static_cast<T>(y);
  if (!is_inside(y, problem.extent.bound)) return 0;
  const Piece<T> piece(y, Piece<T>::Axis::kY, {problem.raw, problem.extent, place}, problem.extent);
  const double s = piece.mean_slope, rise = y - piece.up.left;
  const double bend = rise * (piece.slope_left + piece.slope_right - 2 * s);
  const double a = piece.height * (s - piece.slope_left) + bend;
  const double b = piece.height * piece.slope_left - bend;
  const double c = -s * rise;
  const double discriminant = b * b - 4 * a * c;
  const double share = 2 * c / (-b - std::sqrt(discriminant > 0 ? discriminant : 0.0));
  x = static_cast<T>(share * piece.width + piece.across.left);
  return 0;
}

// d loss / d (left and right knot of the element's bin) along one axis, to d loss / d raw numbers. A knot lies where
// the shares before it put it; the outermost ones do not move.
template <typename T>
VITS_HOST_DEVICE void spread(double to_left, double to_right, const Walk<T>& walk, Row<T> raw_gradient) {
  if (walk.bin == 0) to_left = 0;
  if (walk.bin + 1 == walk.bins) to_right = 0;
  const double to_earlier = to_left + to_right, mean = walk.before * to_earlier + walk.here * to_right;
  const double scale = 2 * walk.bound * (1 - kLeast * static_cast<double>(walk.bins)) * walk.shares.scale;
  for (int64_t bin = 0; bin < walk.bins; ++bin) {
    const double gradient = bin < walk.bin ? to_earlier : (bin == walk.bin ? to_right : 0.0);
    raw_gradient[bin] = static_cast<T>(scale * walk.shares[bin] * (gradient - mean));
  }
}

template <typename T>
VITS_HOST_DEVICE double run(const SplineBackward<T>& problem, const Place& place) {
  const int64_t bins = problem.extent.bins;
  const bool is_real = problem.mask[place.number] != 0;
  const double x = problem.x[place.number];
  const double y_gradient = is_real && problem.y_gradient ? static_cast<double>(problem.y_gradient[place.number]) : 0.0;
  const double log_slope_gradient =
      problem.log_determinant_gradient ? static_cast<double>(problem.log_determinant_gradient[place.clip]) : 0.0;
  const RowsOfKnots<T> to(problem.raw_gradient, problem.extent, place);
  for (int64_t knot = 0; knot + 1 < bins; ++knot) to.slopes[knot] = 0;
  if (!is_real || !is_inside(x, problem.extent.bound)) {
    problem.x_gradient[place.number] = static_cast<T>(y_gradient);
    for (int64_t bin = 0; bin < bins; ++bin) to.widths[bin] = to.heights[bin] = 0;
    return 0;
  }
  const Piece<T> piece(x, Piece<T>::Axis::kX, {problem.raw, problem.extent, place}, problem.extent);
  const int64_t bin = piece.across.bin;
  const double s = piece.mean_slope, t = (x - piece.across.left) / piece.width, r = 1 - t;
  const double left = piece.slope_left, right = piece.slope_right, middle = t * r;
  const double n = piece.height * (s * t * t + left * middle);
  const double d = s + (left + right - 2 * s) * middle;
  const double q = right * t * t + 2 * s * middle + left * r * r;

  // d loss / d N, D and log(s^2 Q), from there to the bin's slopes and t, from there to its corners.
  const double to_n = y_gradient / d;
  const double to_d = -to_n * n / d - 2 * log_slope_gradient / d;
  const double to_q = log_slope_gradient / q;
  const double middle_by_t = 1 - 2 * t;
  const double to_s =
      to_n * piece.height * t * t + to_d * (1 - 2 * middle) + 2 * log_slope_gradient / s + 2 * to_q * middle;
  const double to_left = to_n * piece.height * middle + to_d * middle + to_q * r * r;
  const double to_right = to_d * middle + to_q * t * t;
  const double to_t = to_n * piece.height * (2 * s * t + left * middle_by_t)
                      + to_d * (left + right - 2 * s) * middle_by_t
                      + 2 * to_q * (right * t + s * middle_by_t - left * r);
  const double to_height = to_n * (s * t * t + left * middle) + to_s / piece.width;
  const double to_width = -(to_s * s + to_t * t) / piece.width;
  const double to_x = to_t / piece.width;

  problem.x_gradient[place.number] = static_cast<T>(to_x);
  spread(-to_x - to_width, to_width, piece.across, to.widths);
  spread(y_gradient - to_height, to_height, piece.up, to.heights);
  if (bin > 0) to.slopes[bin - 1] = static_cast<T>(to_left * knot_slope_gradient(piece.raw_slopes, bin));
  if (bin + 1 < bins) to.slopes[bin] = static_cast<T>(to_right * knot_slope_gradient(piece.raw_slopes, bin + 1));
  return 0;
}

}  // namespace vits::model::spline_piece

#undef VITS_HOST_DEVICE
