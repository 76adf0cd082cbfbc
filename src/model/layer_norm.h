// Layer norm with the parameter names of torch.nn.LayerNorm, over the last dimension or over the channels of [B, H, T].
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "vits/model/channel_norm.h"

namespace vits::model {

class LayerNormImpl : public torch::nn::Module {
 public:
  LayerNormImpl(int64_t channels, double epsilon);
  torch::Tensor forward(const torch::Tensor& x) const;                                   // [..., H]
  torch::Tensor over_channels(const torch::Tensor& x, const NormStep& then = {}) const;  // [B, H, T]

 private:
  torch::Tensor weight_, bias_;  // [H]
  double epsilon_;
};
TORCH_MODULE(LayerNorm);

}  // namespace vits::model
