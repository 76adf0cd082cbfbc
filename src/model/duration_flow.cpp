#include "duration_flow.h"

#include <ATen/ATen.h>

#include <cmath>

namespace vits::model {

torch::Tensor ChannelPair::joined() const { return at::cat({first, second}, 1); }

ElementwiseAffineImpl::ElementwiseAffineImpl(const VitsConfig& config)
    : translate_(register_parameter("translate", torch::zeros({config.depth_separable_channels, 1}))),
      log_scale_(register_parameter("log_scale", torch::zeros({config.depth_separable_channels, 1}))) {}

Moved ElementwiseAffineImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mask) const {
  const auto channels = at::split(at::addcmul(translate_, log_scale_.exp(), x) * token_mask, 1, 1);
  return {{channels[0], channels[1]}, (log_scale_ * token_mask).sum({1, 2})};
}

torch::Tensor ElementwiseAffineImpl::inverse(const torch::Tensor& x, const torch::Tensor& token_mask) const {
  return (x - translate_) * (-log_scale_).exp() * token_mask;
}

SplineCouplingImpl::SplineCouplingImpl(const VitsConfig& config)
    : bound_(config.duration_predictor_tail_bound),
      knot_scale_(1 / std::sqrt(static_cast<double>(config.hidden_size))) {
  const int64_t width = config.hidden_size, bins = config.duration_predictor_flow_bins;
  conv_pre_ = register_module("conv_pre", Conv1d(ConvolutionShape{.in_channels = 1, .out_channels = width}));
  conv_dds_ = register_module("conv_dds", DepthSeparableStack(config));
  conv_proj_ =
      register_module("conv_proj", Conv1d(ConvolutionShape{.in_channels = width, .out_channels = 3 * bins - 1}));
}

SplineKnots SplineCouplingImpl::knots(const torch::Tensor& first, const torch::Tensor& token_mask,
                                      const torch::Tensor& text) {
  const auto seen = conv_dds_->forward(conv_pre_->forward(first) + text, token_mask);
  return {conv_proj_->forward(seen), knot_scale_, bound_};
}

Moved SplineCouplingImpl::forward(const ChannelPair& pair, const torch::Tensor& token_mask, const torch::Tensor& text) {
  const auto [bent, log_determinant] = spline(pair.second, knots(pair.first, token_mask, text), token_mask);
  return {{bent, pair.first}, log_determinant};
}

ChannelPair SplineCouplingImpl::inverse(const ChannelPair& pair, const torch::Tensor& token_mask,
                                        const torch::Tensor& text) {
  return {pair.second, spline_inverse(pair.first, knots(pair.second, token_mask, text), token_mask)};
}

}  // namespace vits::model
