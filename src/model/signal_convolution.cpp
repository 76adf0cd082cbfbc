#include "signal_convolution.h"

namespace vits::model {

const FilterPlan* filter_plan(int64_t kernel) {
  static constexpr FilterPlan plans[] = {{3, 3, 1}, {5, 5, 1}, {7, 4, 2}, {11, 4, 3}};
  for (const FilterPlan& plan : plans)
    if (plan.kernel == kernel) return &plan;
  return nullptr;
}

}  // namespace vits::model
