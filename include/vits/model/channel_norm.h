// Layer norm over the channels of [B, C, T], in the layout that convolutions use: no transposing there and back, which
// with LibTorch's norm over the last dimension cost four copies forward and four back. One operator with its gradient,
// and with the steps that follow a norm between convolutions.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// (onto + keep gelu(norm)) mask; what is not given is left out.
struct NormStep {
  bool gelu = false;
  at::Tensor keep = {};  // [B, C, T] 0 or what makes up for it: dropout
  at::Tensor onto = {};  // [B, C, T]
  at::Tensor mask = {};  // [B, 1, T]
};

// (x - mean) / sqrt(variance + epsilon) * weight + bias with mean and variance over C, and `then` of that. x [B, C, T];
// weight, bias [C]. float32 or double; half precision is taken as float32.
at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                        const NormStep& then = {});

}  // namespace vits::model
