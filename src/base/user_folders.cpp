#include "vits/base/user_folders.h"

#include <cctype>
#include <cstdlib>

namespace vits::base {

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_set(const char* name) { return std::getenv(name) != nullptr; }

std::filesystem::path expanded_path(const std::string& text) {
  std::string path = text == "~" || text.starts_with("~/") ? environment_variable("HOME") + text.substr(1) : text;
  for (size_t start = path.find('$'); start != std::string::npos; start = path.find('$', start + 1)) {
    const bool braced = path.compare(start + 1, 1, "{") == 0;
    const size_t first = start + (braced ? 2 : 1);
    size_t last = first;
    while (last < path.size() && (std::isalnum(static_cast<unsigned char>(path[last])) || path[last] == '_')) ++last;
    if (last == first || (braced && path.compare(last, 1, "}") != 0)) continue;
    const char* value = std::getenv(path.substr(first, last - first).c_str());
    if (value) path.replace(start, last + (braced ? 1 : 0) - start, value);
  }
  return path;
}

std::filesystem::path cache_folder() {
  const std::string given = environment_variable("XDG_CACHE_HOME");
  return expanded_path(given.empty() ? "~/.cache" : given);
}

}  // namespace vits::base
