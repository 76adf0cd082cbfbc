#include "deterministic_duration.h"

#include <ATen/ATen.h>

namespace vits::model {

DeterministicDurationPredictor::DeterministicDurationPredictor(const VitsConfig& config)
    : dropout_(config.duration_predictor_dropout) {
  const int64_t width = config.duration_predictor_filter_channels, kernel = config.duration_predictor_kernel_size;
  const auto wide = [&](int64_t from) {
    return Conv1d(
        ConvolutionShape{.in_channels = from, .out_channels = width, .kernel = kernel, .padding = kernel / 2});
  };
  conv_1_ = register_module("conv_1", wide(config.hidden_size));
  norm_1_ = register_module("norm_1", LayerNorm(width, config.layer_norm_eps));
  conv_2_ = register_module("conv_2", wide(width));
  norm_2_ = register_module("norm_2", LayerNorm(width, config.layer_norm_eps));
  proj_ = register_module("proj", Conv1d(ConvolutionShape{.in_channels = width, .out_channels = 1}));
  if (config.speaker_embedding_size == 0) return;
  cond_ = register_module("cond", Conv1d(ConvolutionShape{.in_channels = config.speaker_embedding_size,
                                                          .out_channels = config.hidden_size}));
}

torch::Tensor DeterministicDurationPredictor::log_durations(const torch::Tensor& hidden,
                                                            const torch::Tensor& token_mask,
                                                            const torch::Tensor& speaker, const torch::Tensor&) {
  auto x = hidden.detach();
  if (speaker.defined()) x = x + cond_->forward(speaker.detach());
  x = norm_1_->over_channels(at::relu(conv_1_->forward(x * token_mask)));
  x = at::dropout(x, dropout_, is_training());
  x = norm_2_->over_channels(at::relu(conv_2_->forward(x * token_mask)));
  x = at::dropout(x, dropout_, is_training());
  return proj_->forward(x * token_mask) * token_mask;
}

torch::Tensor DeterministicDurationPredictor::loss(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                                                   const torch::Tensor& durations, const torch::Tensor& speaker,
                                                   const torch::Tensor& noise) {
  const auto wanted = (durations + 1e-6).log() * token_mask;
  return (log_durations(hidden, token_mask, speaker, noise) - wanted).square().sum({1, 2});
}

}  // namespace vits::model
