// Dilated convolution of signals that lie as torch has them, [clips, channels, samples], by the kernels of
// row_convolution.h: a piece of a signal is turned into rows, transformed (toom_cook.h), multiplied and turned back
// while it is in the processor's cache.
//
// Samples are cut into tiles: position (4 t + j) d + r of the results is element j of tile t in phase r of dilation d.
// The d phases of a tile are a unit; units are what work is divided into. Results do not depend on the division.
#pragma once
#include <algorithm>
#include <cstdint>

#include "row_convolution.h"

namespace vits::model {

// How the taps of a kernel are transformed: in groups, the last with zeros behind where it has fewer.
struct FilterPlan {
  int64_t kernel = 0, group_taps = 0, groups = 1;
  int64_t points() const { return kTile + group_taps - 1; }
};

// Null for a kernel that has none.
const FilterPlan* filter_plan(int64_t kernel);

// Filters in memory as [outputs, inputs, kernel], for a convolution from `steps` to `lanes` channels: as they stand, or
// for the gradient of the input the other way about, each filter reversed.
struct FilterPack {
  const float* filters = nullptr;
  float* packed = nullptr;  // [points][lanes / 16][groups][steps][16]
  FilterPlan plan;
  int64_t lanes = 0, steps = 0;          // multiples of 16
  int64_t lane_step = 0, step_step = 0;  // floats from one to the next in `filters`
  bool reversed = false;
};

struct SignalConvolution {
  const float* in = nullptr;      // [clips, inputs, samples]
  const float* weight = nullptr;  // as packed
  const float* bias = nullptr;    // [outputs] or nullptr
  float* out = nullptr;           // [clips, outputs, results]
  FilterPlan plan;
  int64_t inputs = 0, outputs = 0;  // multiples of 16
  int64_t samples = 0, results = 0;
  int64_t padding = 0, dilation = 1;  // padding may be negative: samples left out

  int64_t units_of_a_clip() const { return (results + kTile * dilation - 1) / (kTile * dilation); }
};

// Outputs whose products lie in the cache together.
constexpr int64_t kOutputsAtOnce = 64;

// What convolving so many units needs beside the signals.
struct SignalScratch {
  SignalScratch(const SignalConvolution& c, int64_t units)
      : slots((units + (units / c.units_of_a_clip() + 2) * (c.plan.groups - 1)) * c.dilation),
        rows((kTile * (units + c.plan.groups) + c.plan.group_taps) * c.dilation),
        inputs(rows * c.inputs),
        transformed(c.plan.points() * slots * c.inputs),
        products(c.plan.points() * slots * std::min(c.outputs, kOutputsAtOnce)),
        results(kTile * units * c.dilation * std::min(c.outputs, kOutputsAtOnce)) {}

  int64_t slots, rows;                             // places for transformed tiles, and rows of one clip
  int64_t inputs, transformed, products, results;  // floats
  int64_t size() const { return inputs + transformed + products + results; }
};

}  // namespace vits::model
