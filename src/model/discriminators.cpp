#include "vits/model/discriminators.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "module_list.h"
#include "vits/base/shape.h"
#include "vits/model/autocast.h"

namespace vits::model {

namespace {

constexpr double kSlope = 0.1;  // of every leaky ReLU; no config names it

// Layers one after the other, each result kept for feature matching.
template <class Convolutions, class Final>
std::vector<torch::Tensor> responses(torch::Tensor x, Convolutions& convs, Final& final_conv) {
  std::vector<torch::Tensor> maps;
  for (auto& conv : convs) {
    x = conv->forward(x);
    x = at::leaky_relu_(x, kSlope);
    maps.push_back(x);
  }
  maps.push_back(final_conv->forward(x));
  return maps;
}

// The wave with its last samples mirrored behind it. Mixed precision would make float32 of it, though it only copies.
torch::Tensor reflected(const torch::Tensor& wave, int64_t samples) {
  const c10::impl::ExcludeDispatchKeyGuard as_it_is(c10::autocast_dispatch_keyset);
  return at::reflection_pad1d(wave, {0, samples});
}

}  // namespace

ScaleDiscriminatorImpl::ScaleDiscriminatorImpl(const VitsConfig& config) {
  const auto& channels = config.discriminator_scale_channels;
  const int64_t last = channels.back();
  convs_.emplace_back(
      ConvolutionShape{.in_channels = 1, .out_channels = channels[1], .kernel = 15, .padding = same_padding(15)});
  int64_t groups = 4;
  for (size_t i = 1; i < channels.size(); ++i, groups *= 4) {
    convs_.emplace_back(ConvolutionShape{.in_channels = channels[i],
                                         .out_channels = i + 1 < channels.size() ? channels[i + 1] : last,
                                         .kernel = 41,
                                         .stride = 4,
                                         .padding = same_padding(41),
                                         .groups = groups});
  }
  convs_.emplace_back(
      ConvolutionShape{.in_channels = last, .out_channels = last, .kernel = 5, .padding = same_padding(5)});
  register_module("convs", list_of(convs_));
  final_conv_ = register_module(
      "final_conv",
      Conv1d(ConvolutionShape{.in_channels = last, .out_channels = 1, .kernel = 3, .padding = same_padding(3)}));
}

std::vector<torch::Tensor> ScaleDiscriminatorImpl::forward(const torch::Tensor& wave) {
  return responses(wave, convs_, final_conv_);
}

PeriodDiscriminatorImpl::PeriodDiscriminatorImpl(const VitsConfig& config, int64_t period_samples)
    : period_samples_(period_samples) {
  const auto& channels = config.discriminator_period_channels;
  const int64_t last = channels.back(), kernel = config.discriminator_kernel_size;
  for (size_t i = 0; i < channels.size(); ++i) {
    const bool strides = i + 1 < channels.size();
    convs_.emplace_back(ConvolutionShape{.in_channels = channels[i],
                                         .out_channels = strides ? channels[i + 1] : last,
                                         .kernel = kernel,
                                         .stride = strides ? config.discriminator_stride : 1,
                                         .padding = same_padding(kernel)});
  }
  register_module("convs", list_of(convs_));
  final_conv_ = register_module(
      "final_conv",
      FoldedConv(ConvolutionShape{.in_channels = last, .out_channels = 1, .kernel = 3, .padding = same_padding(3)}));
}

std::vector<torch::Tensor> PeriodDiscriminatorImpl::forward(const torch::Tensor& wave) {
  const int64_t missing = (period_samples_ - wave.size(2) % period_samples_) % period_samples_;
  const auto whole = missing > 0 ? reflected(wave, missing) : wave;
  return responses(whole.unflatten(2, {-1, period_samples_}), convs_, final_conv_);  // [B, 1, S / period, period]
}

DiscriminatorsImpl::DiscriminatorsImpl(const VitsConfig& config) {
  scale_ = ScaleDiscriminator(config);
  torch::nn::ModuleList all;
  all->push_back(scale_);
  for (const int64_t period : config.discriminator_periods) {
    periods_.emplace_back(config, period);
    all->push_back(periods_.back());
  }
  register_module("discriminators", all);
}

Judgement DiscriminatorsImpl::forward(const torch::Tensor& wave) {
  base::check_shape(wave, "B 1 S", "discriminator input");
  Judgement judgement;
  const auto heard = as_in_region(wave);
  judgement.maps.push_back(scale_->forward(heard));
  for (auto& period : periods_) judgement.maps.push_back(period->forward(heard));
  for (const auto& maps : judgement.maps) judgement.scores.push_back(maps.back().flatten(1));
  return judgement;
}

void DiscriminatorsImpl::add_weight_norm() {
  for (auto* convolution : convolutions_of(*this)) convolution->add_weight_norm();
}

void DiscriminatorsImpl::fold_weight_norm() {
  for (auto* convolution : convolutions_of(*this)) convolution->fold_weight_norm();
}

}  // namespace vits::model
