// A small training state that holds what states may hold, and what damage to it looks like.
#pragma once
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "vits/base/error.h"
#include "vits/checkpoint/run_state.h"

// check_run_state.py, expected()
inline vits::checkpoint::RunState small_state() {
  const at::Tensor flat = at::arange(24, at::kFloat), numbers = at::arange(6, at::kLong);
  vits::checkpoint::RunState state;
  state.groups["generator"] = {{"a.weight", flat.narrow(0, 0, 12).view({3, 4})},
                               {"a.bias", flat.narrow(0, 12, 4)},
                               {std::string("odd name/\n\0'ۆ", 14), flat.narrow(0, 16, 8)}};
  state.groups["dtypes"] = {{"bool", numbers.remainder(2) == 1},
                            {"scalar", at::scalar_tensor(1.25)},
                            {"empty", at::zeros({0, 4})},
                            {"turned", flat.narrow(0, 0, 12).view({3, 4}).t()}};
  for (const auto& [name, dtype] :
       std::initializer_list<std::pair<const char*, at::ScalarType>>{{"float32", at::kFloat},
                                                                     {"float64", at::kDouble},
                                                                     {"float16", at::kHalf},
                                                                     {"bfloat16", at::kBFloat16},
                                                                     {"int64", at::kLong},
                                                                     {"int32", at::kInt},
                                                                     {"uint8", at::kByte}})
    state.groups["dtypes"][name] = numbers.to(dtype).view({2, 3});
  state.groups["ema"] = {};
  state.facts = vits::formats::Json::parse(R"({"step": 41, "best": null, "done": false, "seed": 18446744073709551615,
      "small": -3, "name": "ڕۆژ\n\u0000\"", "nested": {"list": [1, [2.5, {}], []], "empty": {}}})");
  state.facts["validation_mel"] = 0.1 + 0.2;
  return state;
}

inline bool equal(const vits::checkpoint::RunState& a, const vits::checkpoint::RunState& b) {
  if (a.facts != b.facts || a.groups.size() != b.groups.size()) return false;
  for (const auto& [group, tensors] : a.groups) {
    const auto other = b.groups.find(group);
    if (other == b.groups.end() || tensors.size() != other->second.size()) return false;
    for (const auto& [name, tensor] : tensors) {
      const auto found = other->second.find(name);
      if (found == other->second.end() || found->second.scalar_type() != tensor.scalar_type()
          || !found->second.equal(tensor))
        return false;
    }
  }
  return true;
}

inline vits::checkpoint::RunState state_of(int64_t step, double validation) {
  vits::checkpoint::RunState state;
  state.groups["generator"]["weight"] = at::full({100}, step, at::kFloat);
  state.facts = {{"step", step}, {"validation_mel", validation}};
  return state;
}

template <class Work>
std::string error_text(Work work) {
  try {
    work();
  } catch (const vits::Error& error) {
    return error.what();
  }
  return "no error";
}
