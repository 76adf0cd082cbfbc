#include "duration_flow.h"

#include <ATen/ATen.h>

#include <cmath>

namespace vits::model {

ElementwiseAffineImpl::ElementwiseAffineImpl(const VitsConfig& config)
    : translate_(register_parameter("translate", torch::zeros({config.depth_separable_channels, 1}))),
      log_scale_(register_parameter("log_scale", torch::zeros({config.depth_separable_channels, 1}))) {}

Moved ElementwiseAffineImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mask) const {
  return {(translate_ + log_scale_.exp() * x) * token_mask, (log_scale_ * token_mask).sum({1, 2})};
}

torch::Tensor ElementwiseAffineImpl::inverse(const torch::Tensor& x, const torch::Tensor& token_mask) const {
  return (x - translate_) * (-log_scale_).exp() * token_mask;
}

SplineCouplingImpl::SplineCouplingImpl(const VitsConfig& config)
    : bins_(config.duration_predictor_flow_bins),
      bound_(config.duration_predictor_tail_bound),
      knot_scale_(1 / std::sqrt(static_cast<double>(config.hidden_size))) {
  const int64_t width = config.hidden_size;
  conv_pre_ = register_module("conv_pre", Conv1d(ConvolutionShape{.in_channels = 1, .out_channels = width}));
  conv_dds_ = register_module("conv_dds", DepthSeparableStack(config));
  conv_proj_ =
      register_module("conv_proj", Conv1d(ConvolutionShape{.in_channels = width, .out_channels = 3 * bins_ - 1}));
}

SplineKnots SplineCouplingImpl::knots(const torch::Tensor& first, const torch::Tensor& token_mask,
                                      const torch::Tensor& text) {
  const auto seen = conv_dds_->forward(conv_pre_->forward(first) + text, token_mask);
  const auto raw = (conv_proj_->forward(seen) * token_mask).transpose(1, 2).unsqueeze(1);  // [B, 1, T, 3 bins - 1]
  return {raw.narrow(-1, 0, bins_) * knot_scale_, raw.narrow(-1, bins_, bins_) * knot_scale_,
          raw.narrow(-1, 2 * bins_, bins_ - 1)};
}

Moved SplineCouplingImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mask, const torch::Tensor& text) {
  const auto first = x.narrow(1, 0, 1);
  const auto [second, log_slope] = spline(x.narrow(1, 1, 1), knots(first, token_mask, text), bound_);
  return {at::cat({first, second}, 1) * token_mask, (log_slope * token_mask).sum({1, 2})};
}

torch::Tensor SplineCouplingImpl::inverse(const torch::Tensor& x, const torch::Tensor& token_mask,
                                          const torch::Tensor& text) {
  const auto first = x.narrow(1, 0, 1);
  const auto second = spline_inverse(x.narrow(1, 1, 1), knots(first, token_mask, text), bound_);
  return at::cat({first, second}, 1) * token_mask;
}

}  // namespace vits::model
