#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>

#include "gated_elements.h"
#include "gated_piece.h"
#include "processor_clones.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

constexpr int64_t kNumbersATask = 65536;

template <template <typename> class Problem, typename T>
VITS_PIECE void run_row(const Problem<T>& problem, int64_t row) {
  const auto at = gated_piece::halves_of(problem, row);
  const Problem<T> of = problem;
#pragma GCC ivdep
  for (int64_t frame = 0; frame < problem.extent.frames; ++frame) gated_piece::run_at(of, at, row, frame);
}

// Clones for processors cannot be templates.
#define VITS_CLONES(T)                                                                                           \
  VITS_FOR_EACH_PROCESSOR void run_clone(const GateForward<T>& problem, int64_t row) { run_row(problem, row); }  \
  VITS_FOR_EACH_PROCESSOR void run_clone(const GateBackward<T>& problem, int64_t row) { run_row(problem, row); } \
  VITS_FOR_EACH_PROCESSOR void run_clone(const StepForward<T>& problem, int64_t row) { run_row(problem, row); }  \
  VITS_FOR_EACH_PROCESSOR void run_clone(const StepBackward<T>& problem, int64_t row) { run_row(problem, row); }
VITS_CLONES(float)
VITS_CLONES(double)
VITS_CLONES(c10::Half)
VITS_CLONES(c10::BFloat16)
#undef VITS_CLONES

}  // namespace

template <class Problem>
void gated_cpu(const Problem& problem) {
  const int64_t rows = problem.extent.clips * problem.extent.channels;
  const int64_t rows_a_task = std::max<int64_t>(1, kNumbersATask / std::max<int64_t>(1, problem.extent.frames));
  base::for_each_piece(rows, rows_a_task, at::get_num_threads(), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) run_clone(problem, row);
  });
}

#define VITS_INSTANTIATE(T)                        \
  template void gated_cpu(const GateForward<T>&);  \
  template void gated_cpu(const GateBackward<T>&); \
  template void gated_cpu(const StepForward<T>&);  \
  template void gated_cpu(const StepBackward<T>&);
VITS_INSTANTIATE(float)
VITS_INSTANTIATE(double)
VITS_INSTANTIATE(c10::Half)
VITS_INSTANTIATE(c10::BFloat16)
#undef VITS_INSTANTIATE

}  // namespace vits::model
