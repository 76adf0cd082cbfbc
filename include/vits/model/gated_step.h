// The two pointwise pieces of a WaveNet layer, an operator each with its own gradient: gate, and what becomes of the
// second convolution. Written with LibTorch's operators a layer took some twenty kernels forward and back, half of them
// zeros and copies for the gradients of halves; now it takes four.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// tanh(a) * sigmoid(b) of the two halves of channels. x [B, 2 H, F]; condition [B, 2 H, 1], added to x before, or
// undefined. Returns [B, H, F].
at::Tensor gated(const at::Tensor& x, const at::Tensor& condition);

struct LayerStep {
  at::Tensor hidden, sum;  // [B, H, F]
};

// hidden' = (hidden + first half) * mask, sum' = sum + second half. change [B, 2 H, F]; sum [B, H, F] or undefined: 0;
// frame_mask [B, 1, F].
LayerStep layer_step(const at::Tensor& hidden, const at::Tensor& sum, const at::Tensor& change,
                     const at::Tensor& frame_mask);

}  // namespace vits::model
