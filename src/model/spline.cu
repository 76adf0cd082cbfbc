#include "spline_elements.h"
#include "spline_piece.h"

namespace vits::model {

namespace {

constexpr int64_t kThreads = 128;

// The spline, its inverse or its gradient at every element; one thread an element, which walks its own bins.
//
//   problem  pointers and strides into device memory, passed by value: nothing is copied to the device beforehand
//
// Where the tokens of knots [B, T, bins] are neighbours in memory, as a convolution over them leaves it, neighbouring
// threads read and write neighbouring numbers. There are some thousand elements of some ten bins: a launch costs more
// than the arithmetic, although that is in double and works a softmax out up to three times.
// Equals spline_cpu() to the last digits of exp and log, being the same source: tests/model/spline_test.cpp.
template <class Problem>
__global__ void __launch_bounds__(kThreads) spline_kernel(Problem problem) {
  const int64_t element = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x, inner = problem.extent.inner;
  if (element < problem.extent.outer * inner) spline_piece::run(problem, element / inner, element % inner);
}

template <class Problem>
cudaError_t launch(const Problem& problem, cudaStream_t stream) {
  const int64_t elements = problem.extent.outer * problem.extent.inner;
  if (elements == 0) return cudaSuccess;
  spline_kernel<<<static_cast<unsigned>((elements + kThreads - 1) / kThreads), kThreads, 0, stream>>>(problem);
  return cudaGetLastError();
}

}  // namespace

template <typename T>
cudaError_t spline_cuda(const SplineForward<T>& problem, cudaStream_t stream) {
  return launch(problem, stream);
}

template <typename T>
cudaError_t spline_cuda(const SplineInverse<T>& problem, cudaStream_t stream) {
  return launch(problem, stream);
}

template <typename T>
cudaError_t spline_cuda(const SplineBackward<T>& problem, cudaStream_t stream) {
  return launch(problem, stream);
}

template cudaError_t spline_cuda(const SplineForward<float>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineForward<double>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineInverse<float>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineInverse<double>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineBackward<float>&, cudaStream_t);
template cudaError_t spline_cuda(const SplineBackward<double>&, cudaStream_t);

}  // namespace vits::model
