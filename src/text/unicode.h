// What Python's str says about a character, where the reference tokenizers ask it.
#pragma once
#include <string>
#include <string_view>

namespace vits::text {

bool is_space(char32_t character);              // str.isspace() and \s of its regular expressions
bool is_combining(char32_t character);          // has no place of its own: accents, vowel signs, joiners, skin tones
bool may_end_clause(char32_t character);        // a dash or other mark that is neither ASCII, a quote nor a bracket
std::u32string lower_case(char32_t character);  // str.lower() of the character alone
std::u32string_view trim(std::u32string_view text);  // str.strip()

}  // namespace vits::text
