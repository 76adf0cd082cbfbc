// The transforms of quick_convolution.h: between a signal or a filter and its points. Kernels on one thread.
//
// A row of a signal of dilation d is cut into tiles of 4 d positions; position (4 t + j) d + r is element j of tile t
// in lane r. `columns` of a row are its tiles times d: column t d + r. So neighbouring columns are neighbouring numbers
// of each element, whatever the dilation, and vectors run along them.
#pragma once
#include <cstdint>
#include <vector>

#include "signal_convolution.h"

namespace vits::model {

// Where a signal's row [S] stands in tiles: its first number is number `lead` of the tiles.
struct RowTiles {
  int64_t samples = 0, lead = 0, dilation = 1;
};

// All transforms of a signal write or read `points` rows of `columns` numbers, `point_step` floats apart.
struct Points {
  float* data = nullptr;
  int64_t columns = 0, point_step = 0;
};

// scratch: room for a row by elements; grows as needed and is a thread's own.
using Scratch = std::vector<float>;

// X = B^T x.
void input_points(const FilterPlan& plan, const float* row, const RowTiles& tiles, Points out, Scratch& scratch);
// A dy; columns beyond the row are 0.
void output_gradient_points(const FilterPlan& plan, const float* row, const RowTiles& tiles, Points out,
                            Scratch& scratch);

// dw = G^T dW for `count` filters of `kernel` taps side by side; point p of group q of filter i is at
// points[(q points + p) point_step + i].
void filter_gradient(const FilterPlan& plan, const float* points, int64_t count, int64_t point_step, float* filters);

}  // namespace vits::model
