#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "gated_elements.h"
#include "gated_piece.h"

namespace vits::model {

namespace {

constexpr int kThreads = 256;

// Gate or layer step of a WaveNet, forward or back, at every number of [B, H, F]; one thread each, neighbours side by
// side in memory.
//
//   problem  pointers into device memory and sizes, passed by value
//
// Bound by memory: each number of the operands is read once and each of the results written once.
// Equals gated_cpu() to the last digits of exp and tanh, being the same source: tests/model/gated_step_test.cpp.
template <class Problem>
__global__ void __launch_bounds__(kThreads) gated_kernel(Problem problem) {
  const int64_t number = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (number >= problem.extent.clips * problem.extent.channels * problem.extent.frames) return;
  const int64_t row = number / problem.extent.frames, frame = number % problem.extent.frames;
  gated_piece::run_at(problem, gated_piece::halves_of(problem, row), row, frame);
}

}  // namespace

template <class Problem>
cudaError_t gated_cuda(const Problem& problem, cudaStream_t stream) {
  const int64_t numbers = problem.extent.clips * problem.extent.channels * problem.extent.frames;
  if (numbers == 0) return cudaSuccess;
  gated_kernel<<<static_cast<unsigned>((numbers + kThreads - 1) / kThreads), kThreads, 0, stream>>>(problem);
  return cudaGetLastError();
}

#define VITS_INSTANTIATE(T)                                              \
  template cudaError_t gated_cuda(const GateForward<T>&, cudaStream_t);  \
  template cudaError_t gated_cuda(const GateBackward<T>&, cudaStream_t); \
  template cudaError_t gated_cuda(const StepForward<T>&, cudaStream_t);  \
  template cudaError_t gated_cuda(const StepBackward<T>&, cudaStream_t);
VITS_INSTANTIATE(float)
VITS_INSTANTIATE(double)
VITS_INSTANTIATE(c10::Half)
VITS_INSTANTIATE(c10::BFloat16)
#undef VITS_INSTANTIATE

}  // namespace vits::model
