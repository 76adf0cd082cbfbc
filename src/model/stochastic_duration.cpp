#include "stochastic_duration.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace vits::model {

namespace {

const double kLog2Pi = std::log(2 * std::numbers::pi);

// -log N(x; 0, 1) summed over the two channels and `tokens` [B] real tokens, [B]. x [B, 2, T] is 0 at padding.
torch::Tensor minus_log_normal(const torch::Tensor& x, const torch::Tensor& tokens) {
  return at::add(tokens * kLog2Pi, x.square().sum({1, 2}), 0.5);
}

}  // namespace

DurationFlowsImpl::DurationFlowsImpl(const VitsConfig& config) {
  affine_ = register_module("0", ElementwiseAffine(config));
  for (int64_t flow = 1; flow <= config.duration_predictor_num_flows; ++flow)
    couplings_.push_back(register_module(std::to_string(flow), SplineCoupling(config)));
}

Moved DurationFlowsImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mask, const torch::Tensor& text) {
  Moved moved = affine_->forward(x, token_mask);
  for (auto& coupling : couplings_) {
    const auto [pair, more] = coupling->forward(moved.pair, token_mask, text);
    moved = {pair, moved.log_determinant + more};
  }
  return moved;
}

torch::Tensor DurationFlowsImpl::inverse(const torch::Tensor& x, const torch::Tensor& token_mask,
                                         const torch::Tensor& text) {
  ChannelPair pair{x.narrow(1, 0, 1), x.narrow(1, 1, 1)};
  for (size_t flow = couplings_.size(); flow-- > 1;) pair = couplings_[flow]->inverse(pair, token_mask, text);
  return affine_->inverse(ChannelPair{pair.second, pair.first}.joined(), token_mask);
}

StochasticDurationPredictor::StochasticDurationPredictor(const VitsConfig& config) {
  const int64_t width = config.hidden_size;
  const auto pointwise = [&](int64_t from) {
    return Conv1d(ConvolutionShape{.in_channels = from, .out_channels = width});
  };
  conv_pre_ = register_module("conv_pre", pointwise(width));
  conv_proj_ = register_module("conv_proj", pointwise(width));
  conv_dds_ = register_module("conv_dds", DepthSeparableStack(config, config.duration_predictor_dropout));
  if (config.speaker_embedding_size != 0) cond_ = register_module("cond", pointwise(config.speaker_embedding_size));
  flows_ = register_module("flows", DurationFlows(config));
  post_conv_pre_ = register_module("post_conv_pre", pointwise(1));
  post_conv_proj_ = register_module("post_conv_proj", pointwise(width));
  post_conv_dds_ = register_module("post_conv_dds", DepthSeparableStack(config, config.duration_predictor_dropout));
  post_flows_ = register_module("post_flows", DurationFlows(config));
}

torch::Tensor StochasticDurationPredictor::read_text(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                                                     const torch::Tensor& speaker) {
  auto x = conv_pre_->forward(hidden.detach());
  if (speaker.defined()) x = x + cond_->forward(speaker.detach());
  return conv_proj_->forward(conv_dds_->forward(x, token_mask)) * token_mask;  // [B, H, T]
}

torch::Tensor StochasticDurationPredictor::log_durations(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                                                         const torch::Tensor& speaker, const torch::Tensor& noise) {
  return flows_->inverse(noise, token_mask, read_text(hidden, token_mask, speaker)).narrow(1, 0, 1);
}

torch::Tensor StochasticDurationPredictor::loss(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                                                const torch::Tensor& durations, const torch::Tensor& speaker,
                                                const torch::Tensor& noise) {
  const auto text = read_text(hidden, token_mask, speaker);
  auto known = post_conv_dds_->forward(post_conv_pre_->forward(durations), token_mask);
  known = post_conv_proj_->forward(known) * token_mask;  // [B, H, T]

  // log q(u, v | durations, text), where noise became u before its sigmoid, and v. The slope of the sigmoid at u is
  // sigmoid(u) sigmoid(-u), whose logarithm is 2 log sigmoid(u) - u.
  const auto tokens = token_mask.sum({1, 2}), real_noise = noise * token_mask;
  const auto [drawn, log_determinant_q] = post_flows_->forward(real_noise, token_mask, text + known);
  const auto &u = drawn.first, &v = drawn.second;
  const auto squeezed = (at::sub(u, at::log_sigmoid(u), 2) * token_mask).sum({1, 2});
  const auto log_q = squeezed - minus_log_normal(real_noise, tokens) - log_determinant_q;

  // -log p(durations - sigmoid(u), v | text); the logarithm is the first step of this flow.
  const auto filled = (durations - at::sigmoid(u)) * token_mask;
  const auto log_duration = filled.clamp_min(1e-5).log() * token_mask;
  const auto [noise_again, log_determinant_p] = flows_->forward(at::cat({log_duration, v}, 1), token_mask, text);
  const auto minus_log_p =
      minus_log_normal(noise_again.joined(), tokens) - log_determinant_p + log_duration.sum({1, 2});
  return minus_log_p + log_q;
}

}  // namespace vits::model
