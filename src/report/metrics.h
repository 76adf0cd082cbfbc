// The lines of metrics.jsonl: one flat JSON object each, with the names that TensorBoard's curves have, as
// `pandas.read_json(path, lines=True)` and wandb take them.
//
// JSON knows no NaN: such a figure is null, and "not_finite" tells what it was, "train/kl nan".
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "vits/report/run_report.h"

namespace vits::report {

// Names and figures as they stand in both files: train/total, learning_rate, grad_norm/gen, speed/samples_per_second,
// ...
Figures figures_of(const StepReport& report);
Figures figures_of_validation(const Figures& losses, double seconds);

// With its newline. `more` are figures without a curve of their own: how long the run has lasted.
std::string metrics_line(const RunPlace& place, const Figures& figures, const Figures& more = {});

// Drops lines of steps after `step` and what is no line at all: the torn last one of a run that was killed. A run that
// begins (step 0) keeps nothing. Throws Error when the file cannot be read or rewritten.
void cut_metrics(const std::filesystem::path& path, int64_t step);

}  // namespace vits::report
