// A stack of depth-separable convolutions, each reaching further than the one before: how the duration predictor looks
// around a token for few parameters.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <vector>

#include "layer_norm.h"
#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"

namespace vits::model {

class DepthSeparableStackImpl : public torch::nn::Module {
 public:
  explicit DepthSeparableStackImpl(const VitsConfig& config, double dropout = 0.0);

  // x [B, H, T], token_mask [B, 1, T] -> [B, H, T], 0 at padding
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& token_mask);

 private:
  torch::Tensor dropout_factors(const torch::Tensor& like) const;

  double dropout_;
  std::vector<Conv1d> convs_dilated_, convs_pointwise_;
  std::vector<LayerNorm> norms_1_, norms_2_;
};
TORCH_MODULE(DepthSeparableStack);

}  // namespace vits::model
