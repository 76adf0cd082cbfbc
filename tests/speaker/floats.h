// Files of float32, as the reference scripts write them.
#pragma once
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "vits/base/files.h"

namespace vits::speaker {

inline std::vector<float> read_floats(const std::filesystem::path& path) {
  const std::string bytes = base::read_file(path);
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

}  // namespace vits::speaker
