// Lines of a text that may come from any system.
#pragma once
#include <string_view>

namespace vits::formats {

// The first line of `text`, which is not empty, without its end (\n, \r\n or \r); `text` goes on behind that.
inline std::string_view take_line(std::string_view& text) {
  const size_t end = text.find_first_of("\n\r");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos)
    text = {};
  else
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  return line;
}

}  // namespace vits::formats
