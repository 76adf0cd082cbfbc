// How long a run is: by hours, by epochs or by steps.
#pragma once
#include <cstdint>
#include <optional>

#include "vits/train/time_budget.h"

namespace vits::train {

struct RunLength {
  std::optional<double> seconds;  // of a budget
  std::optional<int64_t> steps;   // exactly so many; wins
};

// Steps win over epochs, epochs over a deadline, a deadline over hours.
RunLength length_of(const BudgetOptions& options, int64_t steps_per_epoch, int64_t now_unix_seconds);

// Epochs from one validation to the next when a validation may take a tenth of the time.
int64_t epochs_between_validations(double validation_seconds, double epoch_seconds);

}  // namespace vits::train
