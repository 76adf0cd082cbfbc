// UTF-8 in and out of code points, for the parts of this room that look at text one character at a time.
#pragma once
#include <string>
#include <string_view>

namespace vits::text {

// Bytes that are not UTF-8 become U+FFFD, one for each longest start of a character that breaks off: what Python's
// bytes.decode(errors="replace") gives. Surrogates and numbers above U+10FFFF count as broken.
std::u32string decode_utf8(std::string_view bytes);

// A code point that UTF-8 cannot hold (a surrogate, above U+10FFFF) is written as U+FFFD.
std::string encode_utf8(std::u32string_view characters);
void append_utf8(std::string& bytes, char32_t character);

}  // namespace vits::text
