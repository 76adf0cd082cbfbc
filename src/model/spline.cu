#include <type_traits>

#include "spline_elements.h"
#include "spline_piece.h"

namespace vits::model {

namespace {

constexpr int kThreads = 256;

// The spline, its inverse or its gradient: a block a clip, a thread every 256th token of it, which walks its own bins.
//
//   problem  pointers into device memory, passed by value: nothing is copied to the device beforehand
//
// Neighbouring threads read and write neighbouring numbers. There are some thousand elements of some ten bins: a launch
// costs more than the arithmetic, although that is in double and works a softmax out up to three times.
// Equals spline_cpu() to the last digits of exp, log and a sum in another order, being the same source:
// tests/model/spline_test.cpp.
template <class Problem>
__global__ void __launch_bounds__(kThreads) spline_kernel(Problem problem) {
  double sum = 0;
  for (int64_t token = threadIdx.x; token < problem.extent.tokens; token += kThreads)
    sum += spline_piece::run(problem, spline_piece::Place(problem.extent, blockIdx.x, token));
  if constexpr (requires { problem.log_determinant; }) {
    __shared__ double sums[kThreads];
    sums[threadIdx.x] = sum;
    for (int half = kThreads / 2; half > 0; half /= 2) {
      __syncthreads();
      if (static_cast<int>(threadIdx.x) < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (threadIdx.x == 0)
      problem.log_determinant[blockIdx.x] =
          static_cast<std::remove_pointer_t<decltype(problem.log_determinant)>>(sums[0]);
  }
}

}  // namespace

template <class Problem>
cudaError_t spline_cuda(const Problem& problem, cudaStream_t stream) {
  if (problem.extent.clips == 0) return cudaSuccess;
  spline_kernel<<<static_cast<unsigned>(problem.extent.clips), kThreads, 0, stream>>>(problem);
  return cudaGetLastError();
}

template cudaError_t spline_cuda(const SplineForward<float>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineForward<double>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineInverse<float>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineInverse<double>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineBackward<float>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineBackward<double>&, cudaStream_t);

}  // namespace vits::model
