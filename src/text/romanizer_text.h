// Small questions about text in UTF-8 that has been romanised, or is about to be.
#pragma once
#include <string_view>

#include "romanizer_tables.h"
#include "vits/text/utf8.h"

namespace vits::text::romanization {

constexpr std::string_view kVowels = "aeiou";
constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxyz";
constexpr char32_t kThaiOAng = 0x0E2D;

inline bool is_one_of(char letter, std::string_view letters) { return letters.find(letter) != std::string_view::npos; }

// At least one letter, and all of them from these.
inline bool consists_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

inline char ascii_lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
}
inline char ascii_upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
}

inline bool is_braille(char32_t character) { return character >= 0x2800 && character <= 0x28FF; }

inline char32_t last_character(std::string_view text) {
  size_t start = text.size();
  while (start > 0 && (static_cast<unsigned char>(text[--start]) & 0xC0) == 0x80) {
  }
  const std::u32string last = decode_utf8(text.substr(start));
  return last.empty() ? kNoCharacter : last.back();
}

inline char32_t first_character(std::string_view text) {
  const std::u32string first = decode_utf8(text.substr(0, 4));
  return first.empty() ? kNoCharacter : first.front();
}

inline bool has_letter(const Tables& tables, std::string_view text) {
  for (const char32_t character : decode_utf8(text))
    if (tables.character(character).is(kAlphabetic)) return true;
  return false;
}

}  // namespace vits::text::romanization
