// Data sets are named by a path, or as "hf:owner/name" on the hub.
#pragma once
#include <string>

#include "vits/data/prepare.h"

namespace vits::cli {

// "hf:owner/name" and "hf:owner/name@revision" become their folder in the hub's cache, downloaded with progress if
// need be: recordings, manifests and tables, nothing else of the repository. Anything else is a path. Throws Error.
data::PrepareSource find_data_source(const std::string& path_or_name);

}  // namespace vits::cli
