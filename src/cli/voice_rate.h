// At which rate a voice speaks.
#pragma once
#include <cstdint>
#include <string>

namespace vits::cli {

// Of a path or a name on the hub. Throws Error for what is no voice.
int64_t rate_of_voice(const std::string& path_or_name);

}  // namespace vits::cli
