#include "run_plan.h"

#include <algorithm>
#include <cmath>

namespace vits::train {

RunLength length_of(const BudgetOptions& options, int64_t steps_per_epoch, int64_t now_unix_seconds) {
  if (options.max_steps > 0) return {.seconds = {}, .steps = options.max_steps};
  if (options.epochs > 0)
    return {.seconds = {},
            .steps = std::max<int64_t>(1, std::llround(options.epochs * static_cast<double>(steps_per_epoch)))};
  if (!options.deadline.empty()) return {.seconds = seconds_until(options.deadline, now_unix_seconds), .steps = {}};
  return {.seconds = options.target_hours * 3600.0, .steps = {}};
}

int64_t epochs_between_validations(double validation_seconds, double epoch_seconds) {
  if (epoch_seconds <= 0) return 1;
  return std::max<int64_t>(1, std::llround(std::ceil(10.0 * validation_seconds / epoch_seconds)));
}

}  // namespace vits::train
