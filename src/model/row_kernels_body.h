// The kernels of row_convolution.h for one instruction set. The file that includes this defines VITS_TARGET, the
// attribute that lets the compiler use the instructions, and `Simd`:
//   Vector, lanes, rows (of the largest register tile), load, store, splat, multiply_add(a, b, c) = a b + c, multiply,
//   add, max
#include <algorithm>
#include <utility>

#include "row_convolution.h"
#include "toom_cook.h"

namespace vits::model {
namespace {

using Vector = Simd::Vector;
constexpr int kLanes = Simd::lanes;

VITS_TARGET inline Vector leaky(Vector x, Vector slope) { return Simd::max(x, Simd::multiply(x, slope)); }

// kRows x kColumns registers of results stay where they are while the sum runs over the inputs; each weight that is
// loaded serves kRows rows and each input kColumns registers. Rows are reached from every third one, by an address's
// own multiplication: twelve pointers would not fit the registers.
template <int kRows, int kColumns>
VITS_TARGET void multiply_block(const RowProduct& p, const float* in, const float* weight, int64_t column, float* out) {
  constexpr int per_step = static_cast<int>(kChannelStep) / kLanes;
  constexpr int thirds = (kRows + 2) / 3;
  const int64_t panel = p.inputs * kChannelStep;  // floats from one 16 outputs to the next
  Vector sum[kRows][kColumns];
#pragma GCC unroll 8
  for (int c = 0; c < kColumns; ++c) {
    const Vector start = p.bias ? Simd::load(p.bias + column + c * kLanes) : Simd::splat(0.0f);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) sum[r][c] = start;
  }
  const float* row[thirds];
#pragma GCC unroll 4
  for (int r = 0; r < thirds; ++r) row[r] = in + 3 * r * p.in_step;
  const int64_t step = p.in_step;
  const float* w = weight;
  const float* const end = weight + panel;
  while (w < end) {
    Vector taken[kColumns];
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) taken[c] = Simd::load(w + (c / per_step) * panel + (c % per_step) * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vector input = Simd::splat(row[r / 3][(r % 3) * step]);
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) sum[r][c] = Simd::multiply_add(input, taken[c], sum[r][c]);
    }
    w += kChannelStep;
#pragma GCC unroll 4
    for (int r = 0; r < thirds; ++r) ++row[r];
  }
  const Vector slope = Simd::splat(p.slope);
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) Simd::store(out + r * p.out_step + c * kLanes, leaky(sum[r][c], slope));
}

template <int kColumns, int... kRest>
VITS_TARGET void multiply_rest(const RowProduct& p, const float* in, const float* weight, int64_t column, float* out,
                               int64_t rows, std::integer_sequence<int, kRest...>) {
  ((rows == kRest + 1 ? multiply_block<kRest + 1, kColumns>(p, in, weight, column, out) : void()), ...);
}

template <int kColumns>
VITS_TARGET void multiply_columns(const RowProduct& p, int64_t column) {
  const float* weight = p.weight + column * p.inputs;
  for (int64_t r = 0; r < p.rows; r += Simd::rows) {
    const float* in = p.in + r * p.in_step;
    float* out = p.out + r * p.out_step + column;
    const int64_t rows = std::min<int64_t>(Simd::rows, p.rows - r);
    if (rows == Simd::rows)
      multiply_block<Simd::rows, kColumns>(p, in, weight, column, out);
    else
      multiply_rest<kColumns>(p, in, weight, column, out, rows, std::make_integer_sequence<int, Simd::rows - 1>{});
  }
}

VITS_TARGET void multiply(const RowProduct& p) {
  int64_t column = 0;
  for (; column + 2 * kLanes <= p.outputs; column += 2 * kLanes) multiply_columns<2>(p, column);
  if (column < p.outputs) multiply_columns<1>(p, column);
}

template <int kTaps>
constexpr ToomCook<kTile, kTaps> kTransform{};

// work.operator()<taps>(), of a group
template <class Work>
VITS_TARGET void with_group_taps(int64_t taps, const Work& work) {
  if (taps == 3)
    work.template operator()<3>();
  else if (taps == 4)
    work.template operator()<4>();
  else
    work.template operator()<5>();
}

// start + the sum of factor(k) x[k]; factors are known when compiling, and zeros cost nothing.
template <int kCount, class Factor>
VITS_TARGET inline Vector combined(const Vector* x, const Factor& factor, Vector start) {
  Vector sum = start;
#pragma GCC unroll 8
  for (int k = 0; k < kCount; ++k) {
    if (factor(k) == 1.0)
      sum = Simd::add(sum, x[k]);
    else if (factor(k) != 0.0)
      sum = Simd::multiply_add(x[k], Simd::splat(static_cast<float>(factor(k))), sum);
  }
  return sum;
}

// B^T x
template <int kTaps>
VITS_TARGET inline void store_points(const Vector* x, float* to, int64_t point_step) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
#pragma GCC unroll 8
  for (int n = 0; n < points; ++n) {
    const auto factor = [n](int k) { return kTransform<kTaps>.input[n][k]; };
    Simd::store(to + n * point_step, combined<points>(x, factor, Simd::splat(0.0f)));
  }
}

// Element m of A^T Y + start
template <int kTaps>
VITS_TARGET inline Vector result_of(const Vector* x, int m, Vector start) {
  return combined<ToomCook<kTile, kTaps>::points>(
      x, [m](int k) { return kTransform<kTaps>.output[m][k]; }, start);
}

// [tile * kTile * step + n * step] -> to[point][tile]
template <int kTaps>
VITS_TARGET void transform_inputs(const TransformedConvolution& t, const float* in, int64_t tiles, float* to,
                                  int64_t point_step) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  const Vector slope = Simd::splat(t.slope_in);
  const int64_t step = t.dilation * t.inputs;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const float* from = in + tile * kTile * step;
    float* at = to + tile * t.inputs;
    for (int64_t c = 0; c < t.inputs; c += kLanes) {
      Vector x[points];
#pragma GCC unroll 8
      for (int n = 0; n < points; ++n) x[n] = leaky(Simd::load(from + n * step + c), slope);
      store_points<kTaps>(x, at + c, point_step);
    }
  }
}

// from[point][tile] -> rows first, first + dilation, ... of the result; rows at and after `end` are left out
template <int kTaps>
VITS_TARGET void transform_outputs(const TransformedConvolution& t, const float* from, int64_t point_step,
                                   int64_t tiles, int64_t first, int64_t end) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  const Vector slope = Simd::splat(t.slope_out), scale = Simd::splat(t.scale);
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t row = first + tile * kTile * t.dilation;
    for (int64_t c = 0; c < t.outputs; c += kLanes) {
      Vector x[points];
#pragma GCC unroll 8
      for (int n = 0; n < points; ++n) x[n] = Simd::load(from + n * point_step + tile * t.outputs + c);
      const Vector bias = Simd::load(t.bias + c);
#pragma GCC unroll 4
      for (int m = 0; m < kTile; ++m) {
        if (row + m * t.dilation >= end) break;
        const int64_t place = (row + m * t.dilation) * t.outputs + c;
        Vector sum = result_of<kTaps>(x, m, bias);
        if (t.residual) sum = Simd::add(sum, Simd::load(t.residual + place));
        sum = Simd::multiply(sum, scale);
        if (t.added) sum = Simd::add(sum, Simd::load(t.added + place));
        Simd::store(t.out + place, leaky(sum, slope));
      }
    }
  }
}

template <int kTaps>
VITS_TARGET void convolve_by_transform(const TransformedConvolution& t) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  const int64_t in_points = (kTilesAtOnce + t.groups) * t.inputs, out_points = kTilesAtOnce * t.outputs;
  float* const transformed = t.scratch;
  float* const products = t.scratch + points * in_points;
  for (int64_t phase = 0; phase < std::min(t.dilation, t.rows); ++phase) {
    const int64_t outputs = (t.rows - phase + t.dilation - 1) / t.dilation;
    const int64_t all_tiles = (outputs + kTile - 1) / kTile;
    for (int64_t tile = 0; tile < all_tiles; tile += kTilesAtOnce) {
      const int64_t tiles = std::min(kTilesAtOnce, all_tiles - tile);
      const int64_t first = phase + tile * kTile * t.dilation;
      transform_inputs<kTaps>(t, t.in + first * t.inputs, tiles + t.groups - 1, transformed, in_points);
      for (int point = 0; point < points; ++point) {
        RowProduct product;
        product.in = transformed + point * in_points;
        product.weight = t.weight + point * t.groups * t.inputs * t.outputs;
        product.out = products + point * out_points;
        product.rows = tiles;
        product.inputs = t.groups * t.inputs;
        product.in_step = t.inputs;
        product.outputs = product.out_step = t.outputs;
        multiply(product);
      }
      transform_outputs<kTaps>(t, products, out_points, tiles, first, t.rows);
    }
  }
}

VITS_TARGET void convolve(const TransformedConvolution& t) {
  if (t.taps == 3)
    convolve_by_transform<3>(t);
  else
    convolve_by_transform<4>(t);
}

}  // namespace
}  // namespace vits::model
