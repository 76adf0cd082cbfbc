// Convolution over rows: a signal lies in memory as [S, C], all channels of a sample side by side, with C padded by
// zeros to a multiple of kChannelStep. So a vector register holds neighbouring channels whatever the dilation, and a
// row can be multiplied as a small matrix product.
//
// One implementation a family of processors, chosen when the program runs; none for processors we have no code for,
// where the caller stays with LibTorch.
#pragma once
#include <cstdint>

namespace vits::model {

constexpr int64_t kChannelStep = 16;  // a 512-bit register of floats
constexpr int kTile = 4;              // neighbouring outputs that one transform gives

inline int64_t padded_channels(int64_t channels) { return (channels + kChannelStep - 1) / kChannelStep * kChannelStep; }

// out[r][o] = leaky_relu(bias[o] + sum over i of in[r * in_step + i] * weight[o / 16][i][o % 16])
//
// Rows may overlap: a filter of three taps over rows of C channels is a product of 3 C inputs with in_step C.
struct RowProduct {
  const float* in = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;  // nullptr: none
  float* out = nullptr;
  int64_t rows = 0, inputs = 0, outputs = 0;  // outputs padded
  int64_t in_step = 0, out_step = 0;          // floats from one row to the next
  float slope = 1;
};

// A dilated convolution with stride 1 by transforms (toom_cook.h). `in` is the row that the first tap of the first
// output reads; the rows up to rows_read() must hold finite numbers.
//
//   value = leaky_relu(scale * (bias + convolution(leaky_relu(in, slope_in)) + residual) + added, slope_out)
struct TransformedConvolution {
  const float* in = nullptr;
  const float* weight = nullptr;  // [points][outputs / 16][groups][inputs][16], transformed
  const float* bias = nullptr;
  const float* residual = nullptr;  // [rows, outputs] or nullptr; may be `out`
  const float* added = nullptr;     // the same
  float* out = nullptr;             // [rows, outputs]
  int64_t rows = 0, inputs = 0, outputs = 0, dilation = 1;
  int taps = 3;  // of one group: 3 or 4; the filter is `groups` groups of taps
  int64_t groups = 1;
  float slope_in = 1, slope_out = 1, scale = 1;
  float* scratch = nullptr;  // transform_scratch() floats, 64-byte aligned
};

// Tiles that are transformed together: small enough that their transforms stay in the second-level cache.
constexpr int64_t kTilesAtOnce = 96;

inline int64_t rows_read(int64_t rows, int64_t dilation, int64_t groups) {
  return rows + dilation * (kTile * groups + 8);
}
inline int64_t transform_scratch(int64_t inputs, int64_t outputs, int64_t groups) {
  return 8 * ((kTilesAtOnce + groups) * inputs + kTilesAtOnce * outputs);
}

struct FilterGradient;     // filter_gradient.h
struct FilterPack;         // signal_convolution.h
struct SignalConvolution;  // the same

struct RowKernels {
  const char* name;
  void (*multiply)(const RowProduct&);
  void (*convolve)(const TransformedConvolution&);
  void (*convolve_signal)(const SignalConvolution&, int64_t first_unit, int64_t units, float* scratch);
  void (*pack_filters)(const FilterPack&, int64_t panel);  // 16 lanes
  // The three passes of a filters' gradient: some tiles of a clip, with room for rows_of(tiles) rows of the wider
  // signal; the products of 16 outputs; the filters of an output.
  void (*transform_signals)(const FilterGradient&, int64_t clip, int64_t first_tile, int64_t tiles, float* rows);
  void (*multiply_points)(const FilterGradient&, int64_t group, int64_t point, int64_t output_panel);
  void (*finish_filters)(const FilterGradient&, int64_t output);
};

const RowKernels* row_kernels_avx512();
const RowKernels* row_kernels_avx2();
const RowKernels* row_kernels();  // the best that this processor runs and ATEN_CPU_CAPABILITY allows; nullptr: none

}  // namespace vits::model
