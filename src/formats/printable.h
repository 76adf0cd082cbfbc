// Text out of files of strangers, made fit for an error message: no control characters, nothing that is not UTF-8, not
// endless.
#pragma once
#include <string>
#include <string_view>

#include "vits/formats/utf8.h"

namespace vits::formats {

std::string printable(std::string_view text);

}  // namespace vits::formats
