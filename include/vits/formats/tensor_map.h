// The weights of a network as files hold them: tensors by name, on the CPU.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace vits::formats {

using TensorMap = std::map<std::string, at::Tensor>;

}  // namespace vits::formats
