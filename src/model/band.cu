#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "band_elements.h"
#include "each_number.h"

namespace vits::model {

namespace {

// Diagonals to columns or back, at each number of the result. Bound by memory: the square is written or read once.
// Equals band_cpu() to the bit, being copies: tests/model/band_test.cpp.
template <class Problem>
struct BandAt {
  Problem problem;
  __device__ void operator()(int64_t number) const {
    problem.run(number / problem.row_length(), number % problem.row_length());
  }
};

}  // namespace

template <class Problem>
cudaError_t band_cuda(const Problem& problem, cudaStream_t stream) {
  return for_each_number(problem.extent.rows * problem.row_length(), BandAt<Problem>{problem}, stream);
}

#define VITS_INSTANTIATE(T)                                             \
  template cudaError_t band_cuda(const BandToSquare<T>&, cudaStream_t); \
  template cudaError_t band_cuda(const SquareToBand<T>&, cudaStream_t);
VITS_INSTANTIATE(float)
VITS_INSTANTIATE(double)
VITS_INSTANTIATE(c10::Half)
VITS_INSTANTIATE(c10::BFloat16)
#undef VITS_INSTANTIATE

}  // namespace vits::model
