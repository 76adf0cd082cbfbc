#pragma once
#include <string>

namespace vits::text::romanization {

// A Korean syllable as lead, vowel and tail; empty for any other character. Unicode has all 11,172 in one block, in the
// order of their parts.
std::string romanized_hangul(char32_t character);

}  // namespace vits::text::romanization
