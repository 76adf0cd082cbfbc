#include "vits/text/utf8.h"

#include <cstddef>
#include <cstdint>

namespace vits::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// How a first byte says its character goes on. The range of the second byte is what keeps out overlong forms,
// surrogates and numbers above U+10FFFF (table 3-7 of the Unicode standard).
struct Start {
  int continuation_bytes = -1;  // -1: no character starts with this byte
  uint8_t bits = 0;
  uint8_t least_second = 0x80;
  uint8_t most_second = 0xBF;
};

Start start_of(uint8_t byte) {
  if (byte < 0x80) return {0, byte};
  if (byte >= 0xC2 && byte <= 0xDF) return {1, static_cast<uint8_t>(byte & 0x1F)};
  const auto low = static_cast<uint8_t>(byte & 0x0F);
  if (byte == 0xE0) return {2, low, 0xA0, 0xBF};
  if (byte == 0xED) return {2, low, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, low};
  if (byte == 0xF0) return {3, low, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, low};
  if (byte == 0xF4) return {3, low, 0x80, 0x8F};
  return {};
}

}  // namespace

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string characters;
  characters.reserve(bytes.size());
  for (size_t position = 0; position < bytes.size();) {
    const Start start = start_of(static_cast<uint8_t>(bytes[position++]));
    char32_t character = start.continuation_bytes < 0 ? kReplacement : start.bits;
    for (int index = 0; index < start.continuation_bytes; ++index) {
      const uint8_t least = index == 0 ? start.least_second : 0x80;
      const uint8_t most = index == 0 ? start.most_second : 0xBF;
      const uint8_t byte = position < bytes.size() ? static_cast<uint8_t>(bytes[position]) : 0;
      if (byte < least || byte > most) {
        character = kReplacement;
        break;
      }
      character = (character << 6) | (byte & 0x3F);
      ++position;
    }
    characters.push_back(character);
  }
  return characters;
}

void append_utf8(std::string& bytes, char32_t character) {
  if ((character >= 0xD800 && character <= 0xDFFF) || character > 0x10FFFF) character = kReplacement;
  const auto continuation = [character](int shift) { return static_cast<char>(0x80 | ((character >> shift) & 0x3F)); };
  if (character < 0x80) {
    bytes += static_cast<char>(character);
  } else if (character < 0x800) {
    bytes += {static_cast<char>(0xC0 | (character >> 6)), continuation(0)};
  } else if (character < 0x10000) {
    bytes += {static_cast<char>(0xE0 | (character >> 12)), continuation(6), continuation(0)};
  } else {
    bytes += {static_cast<char>(0xF0 | (character >> 18)), continuation(12), continuation(6), continuation(0)};
  }
}

std::string encode_utf8(std::u32string_view characters) {
  std::string bytes;
  bytes.reserve(characters.size());
  for (const char32_t character : characters) append_utf8(bytes, character);
  return bytes;
}

}  // namespace vits::text
