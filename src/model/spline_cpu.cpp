#include <ATen/Parallel.h>

#include "spline_elements.h"
#include "spline_piece.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

// About 5 ms; a batch has fewer elements than that, and runs on the thread it is called from.
constexpr int64_t kElementsATask = 16384;

template <class Problem>
void run_all(const Problem& problem) {
  const int64_t inner = problem.extent.inner, elements = problem.extent.outer * inner;
  base::for_each_piece(elements, kElementsATask, at::get_num_threads(), [&](int64_t begin, int64_t end) {
    for (int64_t element = begin; element < end; ++element)
      spline_piece::run(problem, element / inner, element % inner);
  });
}

}  // namespace

template <typename T>
void spline_cpu(const SplineForward<T>& problem) {
  run_all(problem);
}

template <typename T>
void spline_cpu(const SplineInverse<T>& problem) {
  run_all(problem);
}

template <typename T>
void spline_cpu(const SplineBackward<T>& problem) {
  run_all(problem);
}

template void spline_cpu(const SplineForward<float>&);
template void spline_cpu(const SplineForward<double>&);
template void spline_cpu(const SplineInverse<float>&);
template void spline_cpu(const SplineInverse<double>&);
template void spline_cpu(const SplineBackward<float>&);
template void spline_cpu(const SplineBackward<double>&);

}  // namespace vits::model
