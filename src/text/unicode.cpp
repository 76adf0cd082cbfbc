#include "unicode.h"

#include <unicode/uchar.h>

namespace vits::text {

bool is_space(char32_t character) {
  switch (character) {
    case 0x20:
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return (character >= 0x09 && character <= 0x0D) || (character >= 0x1C && character <= 0x1F)
             || (character >= 0x2000 && character <= 0x200A);
  }
}

bool is_combining(char32_t character) {
  const auto code_point = static_cast<UChar32>(character);
  return u_hasBinaryProperty(code_point, UCHAR_GRAPHEME_EXTEND) || u_charType(code_point) == U_COMBINING_SPACING_MARK
         || u_hasBinaryProperty(code_point, UCHAR_EMOJI_MODIFIER) || character == 0x200D;
}

bool may_end_clause(char32_t character) {
  const auto kind = u_charType(static_cast<UChar32>(character));
  return character > 0x7F && (kind == U_DASH_PUNCTUATION || kind == U_OTHER_PUNCTUATION);
}

std::u32string lower_case(char32_t character) {
  // The one character whose lower case is two, wherever it stands (SpecialCasing.txt). The other special lower case,
  // final sigma, needs neighbours.
  if (character == 0x130) return {U'i', 0x307};
  return {static_cast<char32_t>(u_tolower(static_cast<UChar32>(character)))};
}

std::u32string_view trim(std::u32string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace vits::text
