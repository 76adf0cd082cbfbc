// The diagonals of a square as columns, and back: how relative positions meet attention's scores. An operator each, the
// gradient of one being the other; with pads, views and slices they were some twenty kernels a layer.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// band [N, T, 2 w + 1] -> [N, T, T] with result[i][j] = band[i][j - i + w], 0 where that does not exist.
at::Tensor band_to_square(const at::Tensor& band);

// square [N, T, T] -> [N, T, 2 w + 1] with result[i][d] = square[i][i + d - w], 0 where that does not exist.
at::Tensor square_to_band(const at::Tensor& square, int64_t window);

}  // namespace vits::model
