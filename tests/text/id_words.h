// Token ids as a line that a failing test can print.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vits::text {

inline std::string words(const std::vector<int64_t>& ids) {
  std::string text;
  for (const int64_t id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

}  // namespace vits::text
