// What `--version` prints, and the same as fields for `doctor` and for files that name what made them.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace vits::cli {

std::vector<std::pair<std::string, std::string>> versions();
std::string version_text();

}  // namespace vits::cli
