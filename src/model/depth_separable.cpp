#include "depth_separable.h"

#include <ATen/ATen.h>

#include "module_list.h"

namespace vits::model {

namespace {
constexpr double kEpsilon = 1e-5;  // of these layer norms, whatever layer_norm_eps says
}

DepthSeparableStackImpl::DepthSeparableStackImpl(const VitsConfig& config, double dropout) : dropout_(dropout) {
  const int64_t channels = config.hidden_size, kernel = config.duration_predictor_kernel_size;
  int64_t dilation = 1;
  for (int64_t layer = 0; layer < config.depth_separable_num_layers; ++layer, dilation *= kernel) {
    convs_dilated_.emplace_back(ConvolutionShape{.in_channels = channels,
                                                 .out_channels = channels,
                                                 .kernel = kernel,
                                                 .padding = same_padding(kernel, dilation),
                                                 .dilation = dilation,
                                                 .groups = channels});
    convs_pointwise_.emplace_back(ConvolutionShape{.in_channels = channels, .out_channels = channels});
    norms_1_.emplace_back(channels, kEpsilon);
    norms_2_.emplace_back(channels, kEpsilon);
  }
  register_module("convs_dilated", list_of(convs_dilated_));
  register_module("convs_pointwise", list_of(convs_pointwise_));
  register_module("norms_1", list_of(norms_1_));
  register_module("norms_2", list_of(norms_2_));
}

torch::Tensor DepthSeparableStackImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mask) {
  // Padding is 0 in every sum, which for the tokens is the same as leaving it out of every convolution.
  auto sum = x * token_mask;
  for (size_t layer = 0; layer < convs_dilated_.size(); ++layer) {
    const auto near = norms_1_[layer]->over_channels(convs_dilated_[layer]->forward(sum), {.gelu = true});
    const auto change = convs_pointwise_[layer]->forward(near);
    sum = norms_2_[layer]->over_channels(
        change, {.gelu = true, .keep = dropout_factors(change), .onto = sum, .mask = token_mask});
  }
  return sum;
}

torch::Tensor DepthSeparableStackImpl::dropout_factors(const torch::Tensor& like) const {
  if (!is_training() || dropout_ == 0) return {};
  return at::empty(like.sizes(), like.options()).bernoulli_(1 - dropout_).div_(1 - dropout_);
}

}  // namespace vits::model
