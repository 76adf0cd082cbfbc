// The order of a signal's numbers in memory. As made, each channel of [B, C, S] is a row of samples; laid together, the
// channels of one moment stand side by side, which LibTorch's convolutions keep from input to result and gradient.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// x [B, C, S], laid together where convolutions are faster so and as it is elsewhere. On the CPU in bfloat16 they are:
// oneDNN reads both orders, but copies rows of samples into an order of its own, forward and back. In float32 that
// copy is the cheaper way; on a card neither was measured.
at::Tensor in_quick_order(const at::Tensor& x);

// Whether x is laid together, and not both, as a signal of one channel or one moment is.
bool is_in_quick_order(const at::Tensor& x);

// x, copied into the order of `model` unless it has it.
at::Tensor in_order_of(const at::Tensor& model, const at::Tensor& x);

}  // namespace vits::model
