#include <ATen/Parallel.h>

#include <algorithm>

#include "spline_elements.h"
#include "spline_piece.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {
constexpr int64_t kElementsATask = 512;  // about 0.2 ms
}

template <class Problem>
void spline_cpu(const Problem& problem) {
  const SplineExtent& extent = problem.extent;
  const int64_t clips_a_task = std::max<int64_t>(1, kElementsATask / std::max<int64_t>(1, extent.tokens));
  base::for_each_piece(extent.clips, clips_a_task, at::get_num_threads(), [&](int64_t begin, int64_t end) {
    for (int64_t clip = begin; clip < end; ++clip) {
      double sum = 0;
      for (int64_t token = 0; token < extent.tokens; ++token)
        sum += spline_piece::run(problem, spline_piece::Place(extent, clip, token));
      if constexpr (requires { problem.log_determinant; })
        problem.log_determinant[clip] = static_cast<std::remove_pointer_t<decltype(problem.log_determinant)>>(sum);
    }
  });
}

template void spline_cpu(const SplineForward<float>&);
template void spline_cpu(const SplineForward<double>&);
template void spline_cpu(const SplineInverse<float>&);
template void spline_cpu(const SplineInverse<double>&);
template void spline_cpu(const SplineBackward<float>&);
template void spline_cpu(const SplineBackward<double>&);

}  // namespace vits::model
