// The files that tests/formats/make_files.py wrote with Python, and what they hold.
#pragma once
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/support.h"
#include "vits/formats/tensor_map.h"

inline std::filesystem::path python_files() {
  static const auto folder = vits::support::reference_data("formats_files", "tests/formats/make_files.py", {});
  return folder;
}

// tests/formats/make_files.py, mixed(): the same fifteen numbers in every dtype, and three special ones.
inline void expect_mixed(const vits::formats::TensorMap& tensors) {
  const std::map<std::string, at::ScalarType> dtypes{
      {"float64", at::kDouble},    {"float32", at::kFloat}, {"float16", at::kHalf},
      {"bfloat16", at::kBFloat16}, {"int64", at::kLong},    {"int32", at::kInt},
      {"int16", at::kShort},       {"int8", at::kChar},     {"uint8", at::kByte}};
  ASSERT_EQ(tensors.size(), dtypes.size() + 4);
  const at::Tensor numbers = at::arange(15, at::kLong).view({3, 5});
  for (const auto& [name, dtype] : dtypes) {
    EXPECT_EQ(tensors.at(name).scalar_type(), dtype) << name;
    EXPECT_TRUE(tensors.at(name).equal(numbers.to(dtype))) << name;
  }
  EXPECT_TRUE(tensors.at("bool").equal(numbers.remainder(2) == 1));
  EXPECT_TRUE(tensors.at("scalar").equal(at::scalar_tensor(1.25)));
  EXPECT_EQ(tensors.at("empty").sizes(), (at::IntArrayRef{0, 4}));
  EXPECT_TRUE(tensors.at("Kurdî ۆ").equal(at::ones({2})));
}

inline void expect_equal(const vits::formats::TensorMap& wanted, const vits::formats::TensorMap& found) {
  EXPECT_EQ(wanted.size(), found.size());
  for (const auto& [name, value] : wanted) {
    ASSERT_TRUE(found.contains(name)) << name;
    EXPECT_EQ(value.scalar_type(), found.at(name).scalar_type()) << name;
    EXPECT_TRUE(value.equal(found.at(name))) << name;
  }
}

// Python opens each of `written` and finds exactly the tensors of `expected`.
inline void expect_python_reads(const std::filesystem::path& expected,
                                const std::vector<std::filesystem::path>& written) {
  std::vector<std::string> arguments{expected.string()};
  for (const auto& path : written) arguments.push_back(path.string());
  EXPECT_EQ(vits::support::run_python("tests/formats/check_written.py", arguments), "equal\n");
}
