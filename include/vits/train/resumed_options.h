// The options of a run that goes on: those it had, unless others are given, and what may be given anew.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "vits/formats/json.h"
#include "vits/train/run_options.h"

namespace vits::train {

// facts["version"] of the states that this program writes. It reads those of earlier ones.
inline constexpr int64_t kRunStateVersion = 1;

// Throws Error when a newer program wrote them.
void check_version(const formats::Json& facts, const std::string& checkpoint);

// What the run that --resume means was made with; null for a new run. Of a run that was killed before its first
// checkpoint, what stands beside it. Places that were named from another working folder are found from this one.
// Touches nothing.
formats::Json options_of_run(const std::filesystem::path& checkpoint_dir, const std::string& resume);

// One of --max_steps, --epochs, --deadline and --target_hours tells how long a run is. The one among the names of what
// was given takes the place of the others, which a preset or the earlier run had. False when none is given; throws
// UsageError when several are.
bool settle_length(BudgetOptions& budget, const std::set<std::string>& given);

// Throws Error when an option differs that the checkpoint's state hangs on; other differences become notes.
void compare_options(formats::Json then, const formats::Json& now, const std::filesystem::path& checkpoint,
                     std::vector<std::string>& notes);

}  // namespace vits::train
