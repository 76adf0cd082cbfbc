// The sum of a residual branch and what it adds to, with the leaky ReLU that the next branch begins with: one pass over
// memory instead of two, forward and back. One operator with its gradient (residual_step_cpu.cpp, residual_step.cu).
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

struct ResidualStep {
  at::Tensor sum;     // sum + change
  at::Tensor active;  // leaky ReLU of that
};

// Tensors of one shape and type, half precision among them (added in float32); slope > 0.
ResidualStep residual_step(const at::Tensor& sum, const at::Tensor& change, double slope);

}  // namespace vits::model
