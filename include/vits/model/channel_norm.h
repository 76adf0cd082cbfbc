// Layer norm over the channels of [B, C, T], in the layout that convolutions use: no transposing there and back, which
// with LibTorch's norm over the last dimension cost four copies forward and four back. One operator with its gradient.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// (x - mean) / sqrt(variance + epsilon) * weight + bias with mean and variance over C. x [B, C, T]; weight, bias [C].
// float32 or double; half precision is taken as float32.
at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon);

}  // namespace vits::model
