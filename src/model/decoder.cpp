#include "vits/model/decoder.h"

#include <ATen/ATen.h>

#include "module_list.h"
#include "vits/base/shape.h"
#include "vits/model/channel_layout.h"
#include "vits/model/residual_step.h"

namespace vits::model {

namespace {

constexpr double kLastSlope = 0.01;  // of the leaky ReLU before the last convolution; all others take the config's

// The first and last convolution of HiFi-GAN.
constexpr int64_t kEdgeKernel = 7;

}  // namespace

ResidualBlockImpl::ResidualBlockImpl(const VitsConfig& config, int64_t channels, int64_t kernel,
                                     const std::vector<int64_t>& dilations)
    : slope_(config.leaky_relu_slope) {
  const auto convolution = [&](int64_t dilation) {
    return Conv1d(ConvolutionShape{.in_channels = channels,
                                   .out_channels = channels,
                                   .kernel = kernel,
                                   .padding = same_padding(kernel, dilation),
                                   .dilation = dilation});
  };
  const bool paired = config.resblock == "1";
  for (const int64_t dilation : dilations) {
    dilated_.push_back(convolution(dilation));
    if (paired) plain_.push_back(convolution(1));
  }
  register_module(paired ? "convs1" : "convs", list_of(dilated_));
  if (paired) register_module("convs2", list_of(plain_));
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& active_x) {
  torch::Tensor sum = x, active = active_x;
  for (size_t i = 0; i < dilated_.size(); ++i) {
    auto change = dilated_[i]->forward(active);
    // In place is safe: a leaky ReLU's gradient can be told from its result, and a convolution does not keep its own.
    if (!plain_.empty()) change = plain_[i]->forward(at::leaky_relu_(change, slope_));
    if (i + 1 == dilated_.size()) return sum + change;
    const ResidualStep step = residual_step(sum, change, slope_);
    sum = step.sum;
    active = step.active;
  }
  return sum;
}

DecoderImpl::DecoderImpl(const VitsConfig& config)
    : slope_(config.leaky_relu_slope), resblocks_per_level_(config.resblock_kernel_sizes.size()) {
  int64_t channels = config.upsample_initial_channel;
  conv_pre_ = register_module("conv_pre", Conv1d(ConvolutionShape{.in_channels = config.flow_size,
                                                                  .out_channels = channels,
                                                                  .kernel = kEdgeKernel,
                                                                  .padding = same_padding(kEdgeKernel)}));
  if (config.speaker_embedding_size > 0) {
    cond_ = register_module(
        "cond", Conv1d(ConvolutionShape{.in_channels = config.speaker_embedding_size, .out_channels = channels}));
  }
  for (size_t level = 0; level < config.upsample_rates.size(); ++level) {
    const int64_t rate = config.upsample_rates[level], kernel = config.upsample_kernel_sizes[level];
    upsampler_.emplace_back(ConvolutionShape{.in_channels = channels,
                                             .out_channels = channels / 2,
                                             .kernel = kernel,
                                             .stride = rate,
                                             .padding = (kernel - rate) / 2});
    channels /= 2;
    for (size_t i = 0; i < resblocks_per_level_; ++i)
      resblocks_.emplace_back(config, channels, config.resblock_kernel_sizes[i], config.resblock_dilation_sizes[i]);
  }
  register_module("upsampler", list_of(upsampler_));
  register_module("resblocks", list_of(resblocks_));
  conv_post_ = register_module("conv_post", Conv1d(ConvolutionShape{.in_channels = channels,
                                                                    .out_channels = 1,
                                                                    .kernel = kEdgeKernel,
                                                                    .padding = same_padding(kEdgeKernel),
                                                                    .bias = false}));
}

torch::Tensor DecoderImpl::forward(const torch::Tensor& z, const torch::Tensor& speaker) {
  base::check_shape(z, "B C F", "decoder input");
  auto x = conv_pre_->forward(z);  // [B, H, F]
  if (speaker.defined()) x = x + cond_->forward(speaker);
  for (size_t level = 0; level < upsampler_.size(); ++level) {
    x = in_quick_order(upsampler_[level]->forward(at::leaky_relu(x, slope_)));  // [B, H / 2, S]
    const auto active = at::leaky_relu(x, slope_);
    torch::Tensor sum;
    for (size_t i = 0; i < resblocks_per_level_; ++i) {
      const auto block = resblocks_[level * resblocks_per_level_ + i]->forward(x, active);
      sum = sum.defined() ? sum + block : block;
    }
    x = sum / static_cast<double>(resblocks_per_level_);
  }
  return at::tanh(conv_post_->forward(at::leaky_relu(x, kLastSlope)));  // [B, 1, S]
}

void DecoderImpl::add_weight_norm() {
  for (auto& upsample : upsampler_) upsample->add_weight_norm();
  for (auto& block : resblocks_)
    for (auto* convolution : convolutions_of(*block)) convolution->add_weight_norm();
}

void DecoderImpl::fold_weight_norm() {
  for (auto* convolution : convolutions_of(*this)) convolution->fold_weight_norm();
}

}  // namespace vits::model
