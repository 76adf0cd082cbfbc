// Whether bytes are UTF-8 as Unicode defines it: no overlong forms, no surrogates.
#pragma once
#include <cstddef>
#include <string_view>

namespace vits::formats {

size_t utf8_prefix(std::string_view bytes);  // how many bytes from the beginning on are UTF-8
inline bool is_utf8(std::string_view bytes) { return utf8_prefix(bytes) == bytes.size(); }

}  // namespace vits::formats
