#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "each_number.h"
#include "residual_elements.h"

namespace vits::model {

namespace {

// Sum and leaky ReLU, or their gradient, at every number. Bound by memory: each operand is read once and each result
// written once. Equals residual_cpu(), being the same source: tests/model/residual_step_test.cpp.
template <class Problem>
struct ResidualAt {
  Problem problem;
  __device__ void operator()(int64_t number) const { run_at(problem, number); }
};

}  // namespace

template <class Problem>
cudaError_t residual_cuda(const Problem& problem, cudaStream_t stream) {
  return for_each_number(problem.count, ResidualAt<Problem>{problem}, stream);
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
