// The kernels of filter_gradient.h for one instruction set; included behind signal_kernels_body.h. `Simd` has one
// constant more: tall_rows, those of a register tile whose sum runs over samples, a divisor of 16.
#include "filter_gradient.h"

namespace vits::model {
namespace {

// A dy
template <int kTaps>
VITS_TARGET inline void store_result_points(const Vector* x, float* to, int64_t point_step) {
#pragma GCC unroll 8
  for (int n = 0; n < ToomCook<kTile, kTaps>::points; ++n) {
    const auto factor = [n](int m) { return kTransform<kTaps>.output[m][n]; };
    Simd::store(to + n * point_step, combined<kTile>(x, factor, Simd::splat(0.0f)));
  }
}

// Tiles whose elements lie `step` floats apart, in rows -> to[point][channels / 16][tile][16]
template <int kTaps, bool kOfResults>
VITS_TARGET void tiles_to_panels(const float* rows, int64_t step, int64_t channels, int64_t tiles, float* to,
                                 int64_t panel) {
  constexpr int elements = kOfResults ? kTile : ToomCook<kTile, kTaps>::points;
  const int64_t point_step = channels / kChannelStep * panel;
  for (int64_t c = 0; c < channels; c += kLanes) {
    float* const place = to + c / kChannelStep * panel + c % kChannelStep;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Vector x[elements];
#pragma GCC unroll 8
      for (int n = 0; n < elements; ++n) x[n] = Simd::load(rows + (tile * kTile + n) * step + c);
      if constexpr (kOfResults)
        store_result_points<kTaps>(x, place + tile * kChannelStep, point_step);
      else
        store_points<kTaps>(x, place + tile * kChannelStep, point_step);
    }
  }
}

template <int kTaps>
VITS_TARGET void transform_signals_of(const FilterGradient& g, int64_t clip, int64_t first, int64_t tiles,
                                      float* rows) {
  const int64_t begin = first * kTile * g.dilation, all_tiles = g.tiles(), panel = g.panel();
  const auto place = [&](int64_t phase) { return ((clip * g.dilation + phase) * all_tiles + first) * kChannelStep; };

  rows_of(g.in + clip * g.inputs * g.samples, g.inputs, g.samples, begin - g.padding,
          (kTile * tiles + kTaps - 1) * g.dilation, rows);
  for (int64_t phase = 0; phase < g.dilation; ++phase)
    tiles_to_panels<kTaps, false>(rows + phase * g.inputs, g.dilation * g.inputs, g.inputs, tiles,
                                  g.in_points + place(phase), panel);

  rows_of(g.results + clip * g.outputs * g.result_samples, g.outputs, g.result_samples, begin,
          kTile * tiles * g.dilation, rows);
  for (int64_t phase = 0; phase < g.dilation; ++phase)
    tiles_to_panels<kTaps, true>(rows + phase * g.outputs, g.dilation * g.outputs, g.outputs, tiles,
                                 g.result_points + place(phase), panel);
}

VITS_TARGET void transform_signals(const FilterGradient& g, int64_t clip, int64_t first, int64_t tiles, float* rows) {
  with_group_taps(g.plan.group_taps,
                  [&]<int kTaps>() VITS_TARGET { transform_signals_of<kTaps>(g, clip, first, tiles, rows); });
}

// tall_rows outputs times kColumns registers of inputs, summed over all places.
template <int kColumns>
VITS_TARGET void sum_over_places(const float* results, const float* in, int64_t places, int64_t panel, float* to,
                                 int64_t to_step) {
  constexpr int per_step = static_cast<int>(kChannelStep) / kLanes, rows = Simd::tall_rows;
  Vector sum[rows][kColumns];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 3
    for (int c = 0; c < kColumns; ++c) sum[r][c] = Simd::splat(0.0f);
  for (int64_t place = 0; place < places; ++place) {
    Vector taken[kColumns];
#pragma GCC unroll 3
    for (int c = 0; c < kColumns; ++c)
      taken[c] = Simd::load(in + (c / per_step) * panel + (c % per_step) * kLanes + place * kChannelStep);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const Vector result = Simd::splat(results[place * kChannelStep + r]);
#pragma GCC unroll 3
      for (int c = 0; c < kColumns; ++c) sum[r][c] = Simd::multiply_add(result, taken[c], sum[r][c]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 3
    for (int c = 0; c < kColumns; ++c) Simd::store(to + r * to_step + c * kLanes, sum[r][c]);
}

// The products of one group and point for a panel of 16 outputs.
VITS_TARGET void multiply_points(const FilterGradient& g, int64_t group, int64_t point, int64_t output_panel) {
  const int64_t panel = g.panel(), places = g.places();
  const float* const in = g.in_points + point * (g.inputs / kChannelStep) * panel + group * kChannelStep;
  const float* const results = g.result_points + (point * (g.outputs / kChannelStep) + output_panel) * panel;
  float* const to =
      g.products + ((group * g.plan.points() + point) * g.outputs + output_panel * kChannelStep) * g.inputs;
  constexpr int64_t per_panel = kChannelStep / kLanes;
  const int64_t registers = g.inputs / kLanes;
  for (int64_t column = 0; column < registers;) {
    // A column that begins within a panel would need another step to its neighbour.
    const int64_t left = registers - column;
    const int64_t columns = per_panel == 1 ? std::min<int64_t>(left, 3) : std::min<int64_t>(left, 2);
    const float* const from = in + column / per_panel * panel;
    for (int64_t row = 0; row < kChannelStep; row += Simd::tall_rows) {
      float* const out = to + row * g.inputs + column * kLanes;
      if (columns == 3)
        sum_over_places<3>(results + row, from, places, panel, out, g.inputs);
      else if (columns == 2)
        sum_over_places<2>(results + row, from, places, panel, out, g.inputs);
      else
        sum_over_places<1>(results + row, from, places, panel, out, g.inputs);
    }
    column += columns;
  }
}

template <int kTaps>
VITS_TARGET void finish_filters_of(const FilterGradient& g, int64_t output) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  alignas(64) float found[kLanes];
  for (int64_t group = 0; group < g.plan.groups; ++group) {
    const float* const from = g.products + (group * points * g.outputs + output) * g.inputs;
    const auto taps = static_cast<int>(std::min<int64_t>(kTaps, g.plan.kernel - group * kTaps));
    for (int64_t i = 0; i < g.inputs; i += kLanes) {
      float* const to = g.gradient + (output * g.inputs + i) * g.plan.kernel + group * kTaps;
      Vector x[points];
#pragma GCC unroll 8
      for (int n = 0; n < points; ++n) x[n] = Simd::load(from + n * g.outputs * g.inputs + i);
#pragma GCC unroll 5
      for (int t = 0; t < kTaps; ++t) {
        const auto factor = [t](int n) { return kTransform<kTaps>.filter[n][t]; };
        Simd::store(found, combined<points>(x, factor, Simd::splat(0.0f)));
        if (t < taps)
          for (int lane = 0; lane < kLanes; ++lane) to[lane * g.plan.kernel + t] = found[lane];
      }
    }
  }
}

VITS_TARGET void finish_filters(const FilterGradient& g, int64_t output) {
  with_group_taps(g.plan.group_taps, [&]<int kTaps>() VITS_TARGET { finish_filters_of<kTaps>(g, output); });
}

}  // namespace
}  // namespace vits::model
