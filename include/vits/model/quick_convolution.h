// Convolution along one axis on the CPU in float32 with about half the multiplications, forward and back.
//
// Four neighbouring results of a filter are transformed to six, seven or eight points (toom_cook.h), where convolving
// is multiplying: one matrix product over the channels for each point. A piece of the signal is transformed, multiplied
// and transformed back while it is in the processor's cache. With X = B^T x, W = G w and y = A^T (W X), the gradients
// are
//
//   dx: the convolution of dy with the filters the other way round and about,
//   dW = (A dy) X^T, dw = G^T dW.
//
// Filters of seven and eleven taps are taken in groups of four, whose inputs lie whole tiles apart and so share X.
// Costs against LibTorch's convolution, forward and back: see the README's table of what each remedy brought. What a
// step keeps for the way back is what it would keep anyway: input and weight.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace vits::model {

struct QuickShape {
  int64_t padding = 0, dilation = 1;  // stride 1, one group
};

// Whether quick_convolution() can do it and is worth it: x [B, in, S] and weight [out, in, kernel] in float32 on an
// x86 processor with AVX2 outside of mixed precision, kernel 3, 5, 7 or 11, channels a multiple of 16, and channels and
// positions enough that the products outweigh the transforms.
bool suits_quick_convolution(const at::Tensor& x, const at::Tensor& weight, const QuickShape& shape);

// x [B, in, S], weight [out, in, kernel], bias [out] or undefined -> [B, out, S'] as at::conv1d, within rounding: about
// ten times the error of plain float32.
at::Tensor quick_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const QuickShape& shape);

}  // namespace vits::model
