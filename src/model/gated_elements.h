// What gated_step.cpp hands to gated_step_cpu.cpp and gated_step.cu: contiguous tensors as pointers.
#pragma once
#include <c10/macros/Macros.h>

#include <cmath>
#include <cstdint>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

// T: float, double, at::Half or at::BFloat16. [B, 2 H, F] is `clips` times two blocks of `block` = H F numbers.
struct GateExtent {
  int64_t clips = 0, channels = 0, frames = 0;  // B, H, F
};

template <typename T>
struct GateForward {
  GateExtent extent;
  const T* x;          // [B, 2 H, F]
  const T* condition;  // [B, 2 H] or null
  T* y;                // [B, H, F]
};

template <typename T>
struct GateBackward {
  GateExtent extent;
  const T* x;
  const T* condition;
  const T* y_gradient;
  T* x_gradient;
};

template <typename T>
struct StepForward {
  GateExtent extent;
  const T* hidden;  // [B, H, F]
  const T* sum;     // [B, H, F] or null
  const T* change;  // [B, 2 H, F]
  const T* mask;    // [B, F]
  T* next_hidden;
  T* next_sum;
};

template <typename T>
struct StepBackward {
  GateExtent extent;
  const T* mask;
  const T* hidden_gradient;  // of the results; null: 0
  const T* sum_gradient;
  T* from_hidden;  // to the operands
  T* from_change;  // [B, 2 H, F]
};

template <class Problem>
void gated_cpu(const Problem& problem);

#ifdef VITS_CUDA_KERNELS
// Device pointers; does not wait.
template <class Problem>
cudaError_t gated_cuda(const Problem& problem, cudaStream_t stream);
#endif

}  // namespace vits::model
