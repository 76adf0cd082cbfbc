#include "attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "band.h"
#include "vits/model/autocast.h"

namespace vits::model {

namespace {

// What padding scores: far below any real score, so that its probability is 0, and still a number in half precision.
constexpr double kOutOfSight = -1e4;

}  // namespace

AttentionScope::AttentionScope(int64_t head_size, const torch::Tensor& token_mask)
    : is_padding(at::logical_not(token_mask).unsqueeze(1)),
      query_scale(as_in_region(at::full({}, 1 / std::sqrt(static_cast<double>(head_size)), token_mask.options()))) {}

RelativeAttentionImpl::RelativeAttentionImpl(const VitsConfig& config)
    : heads_(config.num_attention_heads),
      head_size_(config.hidden_size / config.num_attention_heads),
      window_(config.window_size),
      dropout_(config.attention_dropout) {
  const auto options = torch::nn::LinearOptions(config.hidden_size, config.hidden_size).bias(config.use_bias);
  k_proj_ = register_module("k_proj", torch::nn::Linear(options));
  v_proj_ = register_module("v_proj", torch::nn::Linear(options));
  q_proj_ = register_module("q_proj", torch::nn::Linear(options));
  out_proj_ = register_module("out_proj", torch::nn::Linear(options));
  if (window_ == 0) return;
  const auto embedding = [&] {
    return torch::randn({1, 2 * window_ + 1, head_size_}) / std::sqrt(static_cast<double>(head_size_));
  };
  emb_rel_k_ = register_parameter("emb_rel_k", embedding());
  emb_rel_v_ = register_parameter("emb_rel_v", embedding());
}

std::vector<RawWeight> RelativeAttentionImpl::raw_weights() const {
  return {{q_proj_->weight}, {q_proj_->bias},     {k_proj_->weight}, {k_proj_->bias}, {v_proj_->weight},
          {v_proj_->bias},   {out_proj_->weight}, {out_proj_->bias}, {emb_rel_k_},    {emb_rel_v_}};
}

RelativeAttentionImpl::Weights RelativeAttentionImpl::weights() const {
  const auto& now = kept();
  if (!now.empty()) return {now[0], now[1], now[2], now[3], now[4], now[5], now[6], now[7], now[8], now[9]};
  return {q_proj_->weight, q_proj_->bias,     k_proj_->weight, k_proj_->bias, v_proj_->weight,
          v_proj_->bias,   out_proj_->weight, out_proj_->bias, emb_rel_k_,    emb_rel_v_};
}

torch::Tensor RelativeAttentionImpl::forward(const torch::Tensor& x, const AttentionScope& scope) {
  const int64_t clips = x.size(0), tokens = x.size(1);
  const Weights use = weights();
  const auto by_head = [&](const torch::Tensor& projected) {  // [B, T, H] -> [B heads, T, head size]
    return projected.view({clips, tokens, heads_, head_size_}).transpose(1, 2).reshape({-1, tokens, head_size_});
  };
  const auto seen = as_in_region(x);
  const auto query = by_head(at::linear(seen, use.query, use.query_bias) * scope.query_scale);
  const auto key = by_head(at::linear(seen, use.key, use.key_bias));
  const auto value = by_head(at::linear(seen, use.value, use.value_bias));

  auto score = at::bmm(query, key.transpose(1, 2));  // [B heads, T, T]
  if (window_ > 0) score = score + band_to_square(at::matmul(query, use.relative_key.transpose(1, 2)));
  score = score.view({clips, heads_, tokens, tokens}).masked_fill(scope.is_padding, kOutOfSight);
  const auto probability = at::dropout(at::softmax(score, -1), dropout_, is_training()).view({-1, tokens, tokens});

  auto mixed = at::bmm(probability, value);  // [B heads, T, head size]
  if (window_ > 0) mixed = mixed + at::matmul(square_to_band(probability, window_), use.relative_value);
  mixed = mixed.view({clips, heads_, tokens, head_size_}).transpose(1, 2).reshape({clips, tokens, heads_ * head_size_});
  return at::linear(mixed, use.out, use.out_bias);
}

}  // namespace vits::model
