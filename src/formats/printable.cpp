#include "printable.h"

#include <cstddef>

#include "code_point.h"

namespace vits::formats {

namespace {

constexpr size_t kLongestShown = 200;

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    if (shown.size() >= kLongestShown) return shown + "...";
    const size_t count = code_point_bytes(text);
    const bool control = count == 1 && (text[0] < 0x20 || text[0] == 0x7F);
    if (count == 0 || control)
      shown += '?';
    else
      shown += text.substr(0, count);
    text.remove_prefix(count == 0 ? 1 : count);
  }
  return shown;
}

}  // namespace vits::formats
