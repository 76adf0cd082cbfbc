#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "each_number.h"
#include "gated_elements.h"
#include "gated_piece.h"

namespace vits::model {

namespace {

// Gate or layer step of a WaveNet, forward or back, at every number of [B, H, F]. Bound by memory: each number of the
// operands is read once and each of the results written once.
// Equals gated_cpu() to the last digits of exp and tanh, being the same source: tests/model/gated_step_test.cpp.
template <class Problem>
struct GatedAt {
  Problem problem;
  __device__ void operator()(int64_t number) const {
    const int64_t row = number / problem.extent.frames, frame = number % problem.extent.frames;
    gated_piece::run_at(problem, gated_piece::halves_of(problem, row), row, frame);
  }
};

}  // namespace

template <class Problem>
cudaError_t gated_cuda(const Problem& problem, cudaStream_t stream) {
  const GateExtent& extent = problem.extent;
  return for_each_number(extent.clips * extent.channels * extent.frames, GatedAt<Problem>{problem}, stream);
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
