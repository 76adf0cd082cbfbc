// Convolutions in bfloat16 on the CPU as oneDNN is quick at them, with a way back of their own:
//
//   signals laid together (channel_layout.h) are planes in its channels-last order, which it reads as they are;
//   folded waves take their weight's gradient as one matrix product, of the result's gradient and the unfolded input.
//   oneDNN's kernel for it goes along the last axis, which in a period judge has 2 to 11 places, and reaches 120 to
//   270 GFLOP/s on two cores where the product reaches 400;
//   groups of few channels with a stride become groups of more with none: each phase of the stride is a channel. oneDNN
//   has kernels for 16 channels a group, and for fewer unfolds the signal. Forward and back it takes half the time.
#pragma once
#include <ATen/core/Tensor.h>

#include "vits/model/convolution.h"

namespace vits::model {

// x [B, in, S] with weight [out, in, kernel], or x [B, in, S, P] with weight [out, in, kernel, 1]; one group.
bool suits_half_convolution(const at::Tensor& x, const at::Tensor& weight);

// -> [B, out, S'] or [B, out, S', P] as at::conv1d, or at::conv2d along S; bias [out] or undefined.
at::Tensor half_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const ConvolutionShape& shape);

// x [B, in, S] with weight [out, in / groups, kernel].
bool suits_convolution_by_phases(const at::Tensor& x, const at::Tensor& weight, const ConvolutionShape& shape);

// -> [B, out, S'] as at::conv1d without dilation.
at::Tensor convolution_by_phases(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 const ConvolutionShape& shape);

}  // namespace vits::model
