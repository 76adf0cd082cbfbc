// File names against patterns as one types them: "data/*.parquet".
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vits::hub {

// "*" stands for any characters, slashes too, "?" for one.
bool matches(std::string_view name, std::string_view pattern);
bool matches_any(const std::string& name, const std::vector<std::string>& patterns);

}  // namespace vits::hub
