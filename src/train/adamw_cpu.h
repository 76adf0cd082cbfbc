// AdamW's step of a network on the CPU, in one pass over its buffers: LibTorch's own reads the learning rate and the
// number of steps off tensors, as a device's step must not, and leaves the gradients to be set to 0 in a pass of their
// own.
#pragma once
#include <cstdint>

namespace vits::train {

struct AdamWProblem {
  float *value = nullptr, *gradient = nullptr, *mean = nullptr, *square = nullptr;
  int64_t count = 0;
  float divisor = 1.0f;  // of the gradients
  double learning_rate = 0.0, beta_1 = 0.0, beta_2 = 0.0, weight_decay = 0.0, epsilon = 0.0;
  double steps = 1.0;  // this one counted
};

// Moves the values and both means by the gradients, which are then 0.
void adamw_cpu(const AdamWProblem& problem, int threads);

}  // namespace vits::train
