#include "score_lists.h"
#include "vits/model/number_type.h"

namespace vits::loss {

// A few thousand numbers a step: threads would cost more than they save.

template <typename S>
void score_distance_cpu(const std::vector<Scores>& lists, S* sums) {
  double totals[2] = {};
  for (const Scores& scores : lists) {
    double sum = 0.0;
    model::with_number_type<S>(scores.dtype, [&]<typename T>() {
      for (int64_t i = 0; i < scores.count; ++i) {
        const double missing = static_cast<double>(static_cast<const T*>(scores.data)[i]) - scores.target;
        sum += missing * missing;
      }
    });
    totals[scores.target] += sum / static_cast<double>(scores.count);
  }
  for (int target = 0; target < 2; ++target) sums[target] = static_cast<S>(totals[target]);
}

template <typename S>
void score_distance_backward_cpu(const std::vector<Scores>& lists, const S* sum_gradients) {
  for (const Scores& scores : lists) {
    const S factor = 2 * sum_gradients[scores.target] / static_cast<S>(scores.count);
    model::with_number_type<S>(scores.dtype, [&]<typename T>() {
      for (int64_t i = 0; i < scores.count; ++i) {
        const S missing = static_cast<S>(static_cast<const T*>(scores.data)[i]) - static_cast<S>(scores.target);
        static_cast<T*>(scores.gradient)[i] = static_cast<T>(missing * factor);
      }
    });
  }
}

template void score_distance_cpu(const std::vector<Scores>&, float*);
template void score_distance_cpu(const std::vector<Scores>&, double*);
template void score_distance_backward_cpu(const std::vector<Scores>&, const float*);
template void score_distance_backward_cpu(const std::vector<Scores>&, const double*);

}  // namespace vits::loss
