#include "vits/formats/utf8.h"

#include <cstdint>
#include <cstring>

#include "code_point.h"

namespace vits::formats {

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

size_t utf8_prefix(std::string_view bytes) {
  size_t place = 0;
  while (place < bytes.size()) {
    uint64_t eight = 0;
    if (bytes.size() - place >= sizeof eight) {
      std::memcpy(&eight, bytes.data() + place, sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {
        place += sizeof eight;
        continue;
      }
    }
    const size_t count = code_point_bytes(bytes.substr(place));
    if (count == 0) return place;
    place += count;
  }
  return place;
}

}  // namespace vits::formats
