// Names against patterns as one types them: "data/*.parquet", "text_encoder.*". "*" stands for any characters, slashes
// and dots too, "?" for one; no other character is special.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vits::base {

bool matches(std::string_view name, std::string_view pattern);
bool matches_any(std::string_view name, const std::vector<std::string>& patterns);

}  // namespace vits::base
