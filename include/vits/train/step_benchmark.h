// What one training step costs here: time by phase, and what it asks of the machine, counted while it runs.
#pragma once
#include <cstdint>
#include <filesystem>

#include "vits/formats/json.h"
#include "vits/train/run_options.h"

namespace vits::train {

// Trains `steps` steps of options' batches (no accumulation) after `warm_up` others, then three more with a look at the
// clock between the phases and one that is counted. Nothing is written. The keys are those of the README.
formats::Json benchmark_steps(const RunOptions& options, const std::filesystem::path& voice_path, int64_t steps,
                              int64_t warm_up);

}  // namespace vits::train
