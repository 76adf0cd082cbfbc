// The weights of a convolution in the order in which the kernels of row_convolution.h read them, made once for a voice.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "row_convolution.h"

namespace vits::model {

// Filters as torch has them: weight [O, I, taps], bias [O] or undefined; float on the CPU.

// For RowKernels::multiply: every tap as it stands.
struct PlainFilter {
  PlainFilter() = default;
  PlainFilter(const at::Tensor& filter, const at::Tensor& bias_of_outputs);

  // Rows `in`, already where the first tap reads, [rows + taps - 1, inputs].
  RowProduct product(const float* in, float* out, int64_t rows) const;

  int64_t inputs = 0, outputs = 0, taps = 0;  // inputs and outputs padded
  at::Tensor weight, bias;                    // bias undefined: none
};

// For RowKernels::convolve: stride 1, padded so that a signal keeps its length.
struct TransformedFilter {
  TransformedFilter(const at::Tensor& filter, const at::Tensor& bias_of_outputs, int64_t dilation_in_rows);

  TransformedConvolution convolution(const float* in, float* out, int64_t rows, float* scratch) const;
  int64_t scratch() const { return transform_scratch(inputs, outputs, groups); }

  int64_t inputs = 0, outputs = 0, groups = 0, dilation = 1;
  int64_t padding = 0;  // rows before the first output that it reads
  int taps = 0;         // of a group
  at::Tensor weight, bias;
};

// A transposed convolution whose length grows `rate` times: the outputs r, r + rate, ... are an ordinary convolution of
// the inputs, another one for each r.
struct UpsamplingFilter {
  // weight [I, O, kernel]
  UpsamplingFilter(const at::Tensor& filter, const at::Tensor& bias_of_outputs, int64_t rate_in_rows, int64_t padding);

  struct Phase {
    PlainFilter filter;
    int64_t first_input = 0;  // of output 0 of the phase; negative: before the signal
  };
  std::vector<Phase> phases;
  int64_t rate = 1;
};

}  // namespace vits::model
