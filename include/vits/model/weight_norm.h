// The weights of many layers at once, as a step needs them: g v / |v| where weight norm splits a weight, and rounded to
// half precision where a layer computes in it.
//
// One operator with a gradient of its own for the whole network (weight_norm_cpu.cpp, weight_norm.cu). Layer by layer
// the weight norm and the casts of a generator and its discriminators were some 800 kernels a step.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace vits::model {

// A parameter, and how its layer wants it.
struct RawWeight {
  at::Tensor direction;                    // [R, ...] v; or a parameter without weight norm, of any shape; or undefined
  at::Tensor length = {};                  // [R, 1, ...] g; undefined without weight norm
  std::optional<c10::ScalarType> dtype{};  // kHalf or kBFloat16 for a float32 one; empty: its own
};

// The finished weights in the same order, each of its direction's shape; the parameter itself where there is nothing to
// do. All parameters on one device and of one type, float32 or double.
std::vector<at::Tensor> finished_weights(const std::vector<RawWeight>& raw);

}  // namespace vits::model
