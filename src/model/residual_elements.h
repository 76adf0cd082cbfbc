// What residual_step.cpp hands to residual_step_cpu.cpp and residual_step.cu, and its arithmetic at one number.
#pragma once
#include <c10/macros/Macros.h>

#include <cstdint>

#include "smooth_functions.h"

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

// T: float, double, at::Half or at::BFloat16; all of `count` numbers.
template <typename T>
struct ResidualForward {
  int64_t count = 0;
  double slope = 0;
  const T* sum;
  const T* change;
  T* next_sum;
  T* active;
};

// The sign of `active` is that of the sum.
template <typename T>
struct ResidualBackward {
  int64_t count = 0;
  double slope = 0;
  const T* active;
  const T* sum_gradient;  // null: 0
  const T* active_gradient;
  T* gradient;  // of both operands
};

template <typename T>
VITS_PIECE void run_at(const ResidualForward<T>& of, int64_t number) {
  using C = Computed<T>;
  // Rounded before the leaky ReLU, as it is where the two are apart.
  const T sum = static_cast<T>(static_cast<C>(of.sum[number]) + static_cast<C>(of.change[number]));
  const C value = static_cast<C>(sum);
  of.next_sum[number] = sum;
  of.active[number] = static_cast<T>(value > C(0) ? value : value * static_cast<C>(of.slope));
}

template <typename T>
VITS_PIECE void run_at(const ResidualBackward<T>& of, int64_t number) {
  using C = Computed<T>;
  const C through = static_cast<C>(of.active_gradient[number])
                    * (static_cast<C>(of.active[number]) > C(0) ? C(1) : static_cast<C>(of.slope));
  of.gradient[number] = static_cast<T>(of.sum_gradient ? through + static_cast<C>(of.sum_gradient[number]) : through);
}

template <class Problem>
void residual_cpu(const Problem& problem);

#ifdef VITS_CUDA_KERNELS
// Device pointers; does not wait.
template <class Problem>
cudaError_t residual_cuda(const Problem& problem, cudaStream_t stream);
#endif

}  // namespace vits::model
