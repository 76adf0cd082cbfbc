// One step through UTF-8.
#pragma once
#include <cstddef>
#include <string_view>

namespace vits::formats {

// Bytes of the code point that begins `text`, which is not empty; 0 when it is none.
size_t code_point_bytes(std::string_view text);

}  // namespace vits::formats
