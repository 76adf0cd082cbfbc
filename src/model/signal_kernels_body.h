// The kernels of signal_convolution.h for one instruction set; included behind row_kernels_body.h, whose `Simd` it
// uses. `Simd` has two functions more: zip_low and zip_high, the lower and the upper half of a0 b0 a1 b1 ...
#include <array>

#include "signal_convolution.h"

namespace vits::model {
namespace {

// Rows of a square become its columns: as many shuffles of halves as halvings.
VITS_TARGET inline void transpose(Vector* square) {
  Vector other[kLanes];
#pragma GCC unroll 4
  for (int size = 1; size < kLanes; size *= 2) {
#pragma GCC unroll 16
    for (int i = 0; i < kLanes / 2; ++i) {
      other[2 * i] = Simd::zip_low(square[i], square[i + kLanes / 2]);
      other[2 * i + 1] = Simd::zip_high(square[i], square[i + kLanes / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) square[i] = other[i];
  }
}

// Samples begin ... begin + count - 1 of [channels, samples] -> rows [count, channels]; those outside of the signal are
// 0.
VITS_TARGET void rows_of(const float* signal, int64_t channels, int64_t samples, int64_t begin, int64_t count,
                         float* rows) {
  alignas(64) float edge[kLanes];
  for (int64_t c = 0; c < channels; c += kLanes) {
    for (int64_t n = 0; n < count; n += kLanes) {
      const int64_t sample = begin + n, whole = std::min<int64_t>(kLanes, count - n);
      const bool inside = sample >= 0 && sample + kLanes <= samples;
      Vector square[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        const float* const from = signal + (c + i) * samples + sample;
        if (!inside)
          for (int s = 0; s < kLanes; ++s) edge[s] = sample + s >= 0 && sample + s < samples ? from[s] : 0.0f;
        square[i] = Simd::load(inside ? from : edge);
      }
      transpose(square);
      for (int64_t s = 0; s < whole; ++s) Simd::store(rows + (n + s) * channels + c, square[s]);
    }
  }
}

// Rows [count, channels] -> samples begin ... begin + count - 1 of [channels, samples].
VITS_TARGET void signal_of(const float* rows, int64_t channels, int64_t samples, int64_t begin, int64_t count,
                           float* signal) {
  alignas(64) float edge[kLanes];
  for (int64_t c = 0; c < channels; c += kLanes) {
    for (int64_t n = 0; n < count; n += kLanes) {
      const int64_t whole = std::min<int64_t>(kLanes, count - n);
      Vector square[kLanes];
      for (int64_t s = 0; s < kLanes; ++s) square[s] = Simd::load(rows + (n + std::min(s, whole - 1)) * channels + c);
      transpose(square);
      for (int i = 0; i < kLanes; ++i) {
        float* const to = signal + (c + i) * samples + begin + n;
        if (whole == kLanes) {
          Simd::store(to, square[i]);
        } else {
          Simd::store(edge, square[i]);
          std::copy(edge, edge + whole, to);
        }
      }
    }
  }
}

// Tiles whose elements lie `step` floats apart -> to[point][tile]
template <int kTaps>
VITS_TARGET void tiles_to_points(const float* in, int64_t step, int64_t channels, int64_t tiles, float* to,
                                 int64_t point_step) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    for (int64_t c = 0; c < channels; c += kLanes) {
      Vector x[points];
#pragma GCC unroll 8
      for (int n = 0; n < points; ++n) x[n] = Simd::load(in + (tile * kTile + n) * step + c);
      store_points<kTaps>(x, to + tile * channels + c, point_step);
    }
  }
}

// from[point][tile] -> tiles whose elements lie `step` floats apart
template <int kTaps>
VITS_TARGET void points_to_tiles(const float* from, int64_t point_step, int64_t tiles, int64_t channels,
                                 const float* bias, float* out, int64_t step) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    for (int64_t c = 0; c < channels; c += kLanes) {
      Vector x[points];
#pragma GCC unroll 8
      for (int n = 0; n < points; ++n) x[n] = Simd::load(from + n * point_step + tile * channels + c);
      const Vector start = bias ? Simd::load(bias + c) : Simd::splat(0.0f);
#pragma GCC unroll 4
      for (int m = 0; m < kTile; ++m) Simd::store(out + (tile * kTile + m) * step + c, result_of<kTaps>(x, m, start));
    }
  }
}

// The units of one clip that a task works on, and where their transformed tiles begin.
struct ClipPart {
  int64_t clip, first, units, slot;
};

// work(part) for each clip that has some of the units
template <class Work>
VITS_TARGET void for_each_part(const SignalConvolution& c, int64_t first, int64_t units, const Work& work) {
  const int64_t of_a_clip = c.units_of_a_clip();
  int64_t slot = 0;
  for (int64_t unit = first; unit < first + units;) {
    const int64_t clip = unit / of_a_clip, within = unit % of_a_clip;
    const int64_t here = std::min(of_a_clip - within, first + units - unit);
    work(ClipPart{clip, within, here, slot});
    slot += (here + c.plan.groups - 1) * c.dilation;
    unit += here;
  }
}

template <int kTaps>
VITS_TARGET void convolve_units(const SignalConvolution& c, int64_t first, int64_t units, const SignalScratch& sizes,
                                float* scratch) {
  float* const rows = scratch;
  float* const transformed = rows + sizes.inputs;
  float* const products = transformed + sizes.transformed;
  float* const results = products + sizes.products;
  const int64_t in_points = sizes.slots * c.inputs, groups = c.plan.groups, all_inputs = groups * c.inputs;
  int64_t slots = 0;
  for_each_part(c, first, units, [&](const ClipPart& part) VITS_TARGET {
    const int64_t tiles = part.units + groups - 1;  // those behind are read by the later groups
    rows_of(c.in + part.clip * c.inputs * c.samples, c.inputs, c.samples, part.first * kTile * c.dilation - c.padding,
            (kTile * tiles + kTaps - 1) * c.dilation, rows);
    for (int64_t phase = 0; phase < c.dilation; ++phase)
      tiles_to_points<kTaps>(rows + phase * c.inputs, c.dilation * c.inputs, c.inputs, tiles,
                             transformed + (part.slot + phase * tiles) * c.inputs, in_points);
    slots = part.slot + c.dilation * tiles;
  });

  for (int64_t output = 0; output < c.outputs; output += kOutputsAtOnce) {
    const int64_t outputs = std::min(kOutputsAtOnce, c.outputs - output), out_points = sizes.slots * outputs;
    for (int64_t point = 0; point < c.plan.points(); ++point) {
      RowProduct product;
      product.in = transformed + point * in_points;
      product.weight = c.weight + (point * c.outputs + output) * all_inputs;
      product.out = products + point * out_points;
      product.rows = slots - groups + 1;
      product.inputs = all_inputs;
      product.in_step = c.inputs;
      product.outputs = product.out_step = outputs;
      multiply(product);
    }
    for_each_part(c, first, units, [&](const ClipPart& part) VITS_TARGET {
      const int64_t tiles = part.units + groups - 1, begin = part.first * kTile * c.dilation;
      for (int64_t phase = 0; phase < c.dilation; ++phase)
        points_to_tiles<kTaps>(products + (part.slot + phase * tiles) * outputs, out_points, part.units, outputs,
                               c.bias ? c.bias + output : nullptr, results + phase * outputs, c.dilation * outputs);
      signal_of(results, outputs, c.results, begin, std::min(part.units * kTile * c.dilation, c.results - begin),
                c.out + (part.clip * c.outputs + output) * c.results);
    });
  }
}

VITS_TARGET void convolve_signal(const SignalConvolution& c, int64_t first, int64_t units, float* scratch) {
  const SignalScratch sizes(c, units);
  with_group_taps(c.plan.group_taps,
                  [&]<int kTaps>() VITS_TARGET { convolve_units<kTaps>(c, first, units, sizes, scratch); });
}

template <int kTaps>
VITS_TARGET void pack_filters_of(const FilterPack& f, int64_t panel) {
  constexpr int points = ToomCook<kTile, kTaps>::points;
  const float* const filters = f.filters + panel * kChannelStep * f.lane_step;
  const int64_t panel_floats = f.plan.groups * f.steps * kChannelStep;
  alignas(64) float taps[kTaps][kChannelStep];
  for (int64_t group = 0; group < f.plan.groups; ++group) {
    float* const to = f.packed + panel * panel_floats + group * f.steps * kChannelStep;
    for (int64_t step = 0; step < f.steps; ++step) {
      for (int t = 0; t < kTaps; ++t) {
        const int64_t tap = group * kTaps + t;
        const float* const from = filters + step * f.step_step + (f.reversed ? f.plan.kernel - 1 - tap : tap);
        for (int64_t lane = 0; lane < kChannelStep; ++lane)
          taps[t][lane] = tap < f.plan.kernel ? from[lane * f.lane_step] : 0.0f;
      }
      for (int lane = 0; lane < static_cast<int>(kChannelStep); lane += kLanes) {
        Vector w[kTaps];
#pragma GCC unroll 5
        for (int t = 0; t < kTaps; ++t) w[t] = Simd::load(taps[t] + lane);
#pragma GCC unroll 8
        for (int point = 0; point < points; ++point) {
          const auto factor = [point](int t) { return kTransform<kTaps>.filter[point][t]; };
          Simd::store(to + point * (f.lanes / kChannelStep) * panel_floats + step * kChannelStep + lane,
                      combined<kTaps>(w, factor, Simd::splat(0.0f)));
        }
      }
    }
  }
}

VITS_TARGET void pack_filters(const FilterPack& filters, int64_t panel) {
  with_group_taps(filters.plan.group_taps, [&]<int kTaps>() VITS_TARGET { pack_filters_of<kTaps>(filters, panel); });
}

}  // namespace
}  // namespace vits::model
