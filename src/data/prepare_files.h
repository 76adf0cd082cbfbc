// The files of a training set that list all clips: written when every clip is done, in the sources' order, so that they
// do not tell how the run went.
#pragma once
#include <filesystem>
#include <vector>

#include "clip_plan.h"
#include "clip_work.h"
#include "vits/data/prepare.h"

namespace vits::data {

// Writes metadata.csv, metadata_val.csv, rejected.csv, duplicates.csv and prepare.json. `results` become those of the
// clips that are taken or rejected in the end. Throws Error.
Prepared write_lists(const ClipPlan& plan, std::vector<ClipResult>& results, const std::filesystem::path& out,
                     const PrepareOptions& options);

}  // namespace vits::data
