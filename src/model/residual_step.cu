#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "residual_elements.h"

namespace vits::model {

namespace {

constexpr int kThreads = 256;

// Sum and leaky ReLU, or their gradient, at every number; one thread each, neighbours side by side in memory.
//
//   problem  pointers into device memory and sizes, passed by value
//
// Bound by memory: each operand is read once and each result written once.
// Equals residual_cpu(), being the same source: tests/model/residual_step_test.cpp.
template <class Problem>
__global__ void __launch_bounds__(kThreads) residual_kernel(Problem problem) {
  const int64_t number = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (number < problem.count) run_at(problem, number);
}

}  // namespace

template <class Problem>
cudaError_t residual_cuda(const Problem& problem, cudaStream_t stream) {
  if (problem.count == 0) return cudaSuccess;
  residual_kernel<<<static_cast<unsigned>((problem.count + kThreads - 1) / kThreads), kThreads, 0, stream>>>(problem);
  return cudaGetLastError();
}

#define VITS_INSTANTIATE(T)                                                    \
  template cudaError_t residual_cuda(const ResidualForward<T>&, cudaStream_t); \
  template cudaError_t residual_cuda(const ResidualBackward<T>&, cudaStream_t);
VITS_INSTANTIATE(float)
VITS_INSTANTIATE(double)
VITS_INSTANTIATE(c10::Half)
VITS_INSTANTIATE(c10::BFloat16)
#undef VITS_INSTANTIATE

}  // namespace vits::model
