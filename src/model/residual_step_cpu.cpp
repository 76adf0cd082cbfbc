#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "processor_clones.h"
#include "residual_elements.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

constexpr int64_t kNumbersOfSum = 65536;  // a task's share

template <class Problem>
VITS_PIECE void run_stretch(const Problem& problem, int64_t begin, int64_t end) {
  const Problem of = problem;
#pragma GCC ivdep
  for (int64_t number = begin; number < end; ++number) run_at(of, number);
}

// Clones for processors cannot be templates.
#define VITS_CLONES(T)                                                                                  \
  VITS_FOR_EACH_PROCESSOR void run_numbers(const ResidualForward<T>& of, int64_t begin, int64_t end) {  \
    run_stretch(of, begin, end);                                                                        \
  }                                                                                                     \
  VITS_FOR_EACH_PROCESSOR void run_numbers(const ResidualBackward<T>& of, int64_t begin, int64_t end) { \
    run_stretch(of, begin, end);                                                                        \
  }
VITS_CLONES(float)
VITS_CLONES(double)
VITS_CLONES(c10::Half)
VITS_CLONES(c10::BFloat16)
#undef VITS_CLONES

}  // namespace

template <class Problem>
void residual_cpu(const Problem& problem) {
  base::for_each_piece(problem.count, kNumbersOfSum, at::get_num_threads(),
                       [&](int64_t begin, int64_t end) { run_numbers(problem, begin, end); });
}

#define VITS_INSTANTIATE(T)                              \
  template void residual_cpu(const ResidualForward<T>&); \
  template void residual_cpu(const ResidualBackward<T>&);
VITS_INSTANTIATE(float)
VITS_INSTANTIATE(double)
VITS_INSTANTIATE(c10::Half)
VITS_INSTANTIATE(c10::BFloat16)
#undef VITS_INSTANTIATE

}  // namespace vits::model
