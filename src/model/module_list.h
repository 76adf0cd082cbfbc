// Registers parts under the numbers that transformers' ModuleLists give them: `name.0`, `name.1`, ... The caller keeps
// the typed parts; the list is only there for the names.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>

#include <string>
#include <vector>

namespace vits::model {

template <class Part>
torch::nn::ModuleList list_of(const std::vector<Part>& parts) {
  torch::nn::ModuleList list;
  for (const Part& part : parts) list->push_back(part);
  return list;
}

// Padding that keeps the length under a dilated convolution of odd kernel.
inline int64_t same_padding(int64_t kernel, int64_t dilation = 1) { return (kernel - 1) * dilation / 2; }

}  // namespace vits::model
