#include "vits/model/posterior_encoder.h"

#include <ATen/ATen.h>

#include "vits/base/shape.h"
#include "vits/model/autocast.h"

namespace vits::model {

PosteriorEncoderImpl::PosteriorEncoderImpl(const VitsConfig& config) {
  conv_pre_ = register_module(
      "conv_pre", Conv1d(ConvolutionShape{.in_channels = config.spectrogram_bins, .out_channels = config.hidden_size}));
  wavenet_ = register_module("wavenet", WaveNet(config, config.posterior_encoder_num_wavenet_layers));
  conv_proj_ = register_module(
      "conv_proj", Conv1d(ConvolutionShape{.in_channels = config.hidden_size, .out_channels = 2 * config.flow_size}));
}

Posterior PosteriorEncoderImpl::forward(const torch::Tensor& spectrogram, const torch::Tensor& frame_mask,
                                        const torch::Tensor& speaker) {
  base::check_shape(spectrogram, "B K F", "posterior encoder input");
  const auto mask = as_in_region(frame_mask);
  const auto hidden = wavenet_->forward(conv_pre_->forward(spectrogram) * mask, mask, speaker);  // [B, H, F]
  const auto stats = conv_proj_->forward(hidden) * mask;                                         // [B, 2 C, F]
  const auto halves = stats.chunk(2, 1);
  return {halves[0], halves[1]};
}

}  // namespace vits::model
