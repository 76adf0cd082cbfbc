// Where a run writes, and what must not stand there: the finished voice takes the place of the whole folder it is
// written to.
#pragma once
#include <filesystem>

#include "vits/train/run_options.h"

namespace vits::train {

// One path for every way to name a folder: with "." and "..", through a link, with a slash at the end.
std::filesystem::path real_place(const std::filesystem::path& named);

// Throws UsageError when output_dir is checkpoint_dir, holds it or lies in it, or is data_dir or holds it. What links
// lead to counts, and whether a folder is there already does not.
void check_places(const PlaceOptions& places);

}  // namespace vits::train
