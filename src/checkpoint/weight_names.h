// The spellings of weight norm. Published files have three: `weight_g` and `weight_v` (torch before 2.1 and the
// original VITS), `parametrizations.weight.original0` and `original1` (torch since), and the product under plain
// `weight`.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vits/formats/tensor_map.h"

namespace vits::checkpoint {

inline constexpr std::string_view kLength = ".parametrizations.weight.original0";     // g
inline constexpr std::string_view kDirection = ".parametrizations.weight.original1";  // v

// The layer that `name` is the length or direction of; none of any other name.
std::optional<std::string> weight_norm_owner(std::string_view name);

bool in_wavenet(std::string_view name);

// weight_g and weight_v become kLength and kDirection; the tensors stay as they are.
formats::TensorMap current_names(const formats::TensorMap& tensors);

at::Tensor folded(const at::Tensor& length, const at::Tensor& direction);  // g v / |v|, in float32
at::Tensor length_of(const at::Tensor& weight);                            // |weight|, as g of the direction `weight`

// Weight norm in the WaveNets, plain `weight` elsewhere, for tensors under current names. `source` is the file to blame
// for a half of a pair that is missing or does not fit its other half; what was done is added to `notes`.
formats::TensorMap file_spelling(formats::TensorMap tensors, const std::string& source,
                                 std::vector<std::string>& notes);

// "a, b, c and 12 more": at most twenty names.
std::string listed(const std::vector<std::string>& names);

}  // namespace vits::checkpoint
