#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "band_elements.h"

namespace vits::model {

namespace {

constexpr int kThreads = 256;

// Diagonals to columns or back; one thread for each number of the result, neighbours side by side in memory.
//
//   problem  pointers into device memory and sizes, passed by value
//
// Bound by memory: the square is written or read once.
// Equals band_cpu() to the bit, being copies: tests/model/band_test.cpp.
template <class Problem>
__global__ void __launch_bounds__(kThreads) band_kernel(Problem problem) {
  const int64_t number = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x, length = problem.row_length();
  if (number < problem.extent.rows * length) problem.run(number / length, number % length);
}

}  // namespace

template <class Problem>
cudaError_t band_cuda(const Problem& problem, cudaStream_t stream) {
  const int64_t numbers = problem.extent.rows * problem.row_length();
  if (numbers == 0) return cudaSuccess;
  band_kernel<<<static_cast<unsigned>((numbers + kThreads - 1) / kThreads), kThreads, 0, stream>>>(problem);
  return cudaGetLastError();
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
