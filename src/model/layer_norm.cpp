#include "layer_norm.h"

#include <ATen/ATen.h>

namespace vits::model {

LayerNormImpl::LayerNormImpl(int64_t channels, double epsilon)
    : weight_(register_parameter("weight", torch::ones({channels}))),
      bias_(register_parameter("bias", torch::zeros({channels}))),
      epsilon_(epsilon) {}

torch::Tensor LayerNormImpl::forward(const torch::Tensor& x) const {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, epsilon_);
}

torch::Tensor LayerNormImpl::over_channels(const torch::Tensor& x, const NormStep& then) const {
  return channel_norm(x, weight_, bias_, epsilon_, then);
}

}  // namespace vits::model
