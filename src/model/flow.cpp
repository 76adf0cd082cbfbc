#include "vits/model/flow.h"

#include <ATen/ATen.h>

#include "module_list.h"
#include "vits/base/shape.h"
#include "vits/model/autocast.h"

namespace vits::model {

CouplingLayerImpl::CouplingLayerImpl(const VitsConfig& config) {
  const int64_t half = config.flow_size / 2;
  conv_pre_ =
      register_module("conv_pre", Conv1d(ConvolutionShape{.in_channels = half, .out_channels = config.hidden_size}));
  wavenet_ = register_module("wavenet", WaveNet(config, config.prior_encoder_num_wavenet_layers));
  conv_post_ =
      register_module("conv_post", Conv1d(ConvolutionShape{.in_channels = config.hidden_size, .out_channels = half}));
}

torch::Tensor CouplingLayerImpl::shift(const torch::Tensor& first_half, const torch::Tensor& frame_mask,
                                       const torch::Tensor& speaker) {
  const auto hidden = wavenet_->forward(conv_pre_->forward(first_half) * frame_mask, frame_mask, speaker);
  return conv_post_->forward(hidden) * frame_mask;  // [B, C / 2, F]
}

torch::Tensor CouplingLayerImpl::forward(const torch::Tensor& x, const torch::Tensor& frame_mask,
                                         const torch::Tensor& speaker) {
  const auto halves = x.chunk(2, 1);
  return at::cat({halves[0], halves[1] + shift(halves[0], frame_mask, speaker)}, 1);
}

torch::Tensor CouplingLayerImpl::inverse(const torch::Tensor& x, const torch::Tensor& frame_mask,
                                         const torch::Tensor& speaker) {
  const auto halves = x.chunk(2, 1);
  return at::cat({halves[0], (halves[1] - shift(halves[0], frame_mask, speaker)) * frame_mask}, 1);
}

FlowImpl::FlowImpl(const VitsConfig& config) {
  for (int64_t layer = 0; layer < config.prior_encoder_num_flows; ++layer) flows_.emplace_back(config);
  register_module("flows", list_of(flows_));
}

torch::Tensor FlowImpl::forward(const torch::Tensor& z, const torch::Tensor& frame_mask, const torch::Tensor& speaker) {
  base::check_shape(z, "B C F", "flow input");
  const auto mask = as_in_region(frame_mask);
  auto x = z;
  for (auto& flow : flows_) x = flow->forward(x, mask, speaker).flip(1);
  return x;
}

torch::Tensor FlowImpl::inverse(const torch::Tensor& z_p, const torch::Tensor& frame_mask,
                                const torch::Tensor& speaker) {
  base::check_shape(z_p, "B C F", "inverse flow input");
  auto x = z_p;
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) x = (*flow)->inverse(x.flip(1), frame_mask, speaker);
  return x;
}

}  // namespace vits::model
