// Reads the safetensors files that the Python reference writes, for rooms that may not include `formats`; a second
// reader, so that a test of the model does not hang on ours.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "vits/base/files.h"

namespace vits::support {

inline std::map<std::string, at::Tensor> read_tensors(const std::filesystem::path& path) {
  const std::string bytes = base::read_file(path);
  uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  const auto header = nlohmann::json::parse(bytes.substr(8, header_size));
  const std::map<std::string, at::ScalarType> dtypes{
      {"F32", at::kFloat}, {"F64", at::kDouble}, {"I64", at::kLong}, {"I32", at::kInt}, {"I16", at::kShort}};

  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    const auto tensor = at::empty(entry.at("shape").get<std::vector<int64_t>>(), dtypes.at(entry.at("dtype")));
    const uint64_t begin = entry.at("data_offsets")[0], end = entry.at("data_offsets")[1];
    TORCH_CHECK(end - begin == tensor.nbytes() && 8 + header_size + end <= bytes.size(), path, ": ", name);
    std::memcpy(tensor.data_ptr(), bytes.data() + 8 + header_size + begin, tensor.nbytes());
    tensors.emplace(name, tensor);
  }
  return tensors;
}

// The largest absolute difference.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  TORCH_CHECK(a.sizes() == b.sizes(), a.sizes(), " and ", b.sizes());
  return a.numel() ? (a.detach().to(at::kDouble) - b.detach().to(at::kDouble)).abs().max().item<double>() : 0.0;
}

// The same as a share of the largest value expected.
inline double relative_difference(const at::Tensor& a, const at::Tensor& expected) {
  const double largest = expected.numel() ? expected.detach().to(at::kDouble).abs().max().item<double>() : 0.0;
  return difference(a, expected) / std::max(largest, 1e-30);
}

}  // namespace vits::support
