#include "printable.h"

#include <cstddef>
#include <cstdint>

namespace vits::formats {

namespace {

constexpr size_t kLongestShown = 200;

// Bytes of the code point that begins `text`; 0 when it is none.
size_t code_point_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const size_t count = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || count > text.size()) return 0;
  uint32_t code = byte(0) & (0x7Fu >> count);
  for (size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code >= kLeast[count] && code <= 0x10FFFF && !surrogate ? count : 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t count = code_point_bytes(text);
    if (count == 0) return false;
    text.remove_prefix(count);
  }
  return true;
}

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
