// Text out of files of strangers, made fit for an error message: no control characters, nothing that is not UTF-8, not
// endless.
#pragma once
#include <string>
#include <string_view>

namespace vits::formats {

std::string printable(std::string_view text);
bool is_utf8(std::string_view text);  // no overlong forms, no surrogates

}  // namespace vits::formats
