#include "vits/model/text_encoder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "attention.h"
#include "layer_norm.h"
#include "vits/base/error.h"
#include "vits/base/shape.h"
#include "vits/model/autocast.h"

namespace vits::model {

namespace {

using Activation = torch::Tensor (*)(const torch::Tensor&);

Activation activation_of(const std::string& name) {
  if (name == "relu") return [](const torch::Tensor& x) { return at::relu(x); };
  if (name == "gelu") return [](const torch::Tensor& x) { return at::gelu(x); };
  if (name == "silu" || name == "swish") return [](const torch::Tensor& x) { return at::silu(x); };
  if (name == "tanh") return [](const torch::Tensor& x) { return at::tanh(x); };
  throw Error("hidden_act is \"{}\", but must be relu, gelu, silu, swish or tanh.", name);
}

class FeedForward : public torch::nn::Module {
 public:
  explicit FeedForward(const VitsConfig& config)
      : even_kernel_(config.ffn_kernel_size % 2 == 0),
        dropout_(config.activation_dropout),
        activation_(activation_of(config.hidden_act)) {
    const ConvolutionShape widen{.in_channels = config.hidden_size,
                                 .out_channels = config.ffn_dim,
                                 .kernel = config.ffn_kernel_size,
                                 .padding = (config.ffn_kernel_size - 1) / 2};
    ConvolutionShape narrow = widen;
    std::swap(narrow.in_channels, narrow.out_channels);
    conv_1_ = register_module("conv_1", Conv1d(widen));
    conv_2_ = register_module("conv_2", Conv1d(narrow));
  }

  // x [B, T, H], token_mask [B, 1, T], as in the region
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& token_mask) {
    auto wide = conv_1_->forward(padded(as_in_region(x).transpose(1, 2) * token_mask));  // [B, ffn_dim, T]
    wide = at::dropout(activation_(wide), dropout_, is_training());
    return (conv_2_->forward(padded(wide * token_mask)) * token_mask).transpose(1, 2);
  }

 private:
  // A kernel of even size looks one token further to the right than to the left.
  torch::Tensor padded(const torch::Tensor& x) const { return even_kernel_ ? at::constant_pad_nd(x, {0, 1}) : x; }

  bool even_kernel_;
  double dropout_;
  Activation activation_;
  Conv1d conv_1_{nullptr}, conv_2_{nullptr};
};

class EncoderLayer : public torch::nn::Module {
 public:
  explicit EncoderLayer(const VitsConfig& config) : dropout_(config.hidden_dropout) {
    attention_ = register_module("attention", RelativeAttention(config));
    layer_norm_ = register_module("layer_norm", LayerNorm(config.hidden_size, config.layer_norm_eps));
    feed_forward_ = register_module("feed_forward", std::make_shared<FeedForward>(config));
    final_layer_norm_ = register_module("final_layer_norm", LayerNorm(config.hidden_size, config.layer_norm_eps));
  }

  // x [B, T, H], token_mask [B, 1, T], as in the region
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& token_mask, const AttentionScope& scope) {
    const auto attended = at::dropout(attention_->forward(x, scope), dropout_, is_training());
    const auto middle = layer_norm_->forward(x + attended);
    const auto fed = at::dropout(feed_forward_->forward(middle, token_mask), dropout_, is_training());
    return final_layer_norm_->forward(middle + fed);
  }

 private:
  double dropout_;
  RelativeAttention attention_{nullptr};
  LayerNorm layer_norm_{nullptr}, final_layer_norm_{nullptr};
  std::shared_ptr<FeedForward> feed_forward_;
};

}  // namespace

TextEncoderImpl::TextEncoderImpl(const VitsConfig& config)
    : head_size_(config.hidden_size / config.num_attention_heads),
      embedding_scale_(std::sqrt(static_cast<double>(config.hidden_size))) {
  embed_tokens_ = register_module("embed_tokens", torch::nn::Embedding(config.vocab_size, config.hidden_size));
  for (int64_t layer = 0; layer < config.num_hidden_layers; ++layer)
    layers_->push_back(std::make_shared<EncoderLayer>(config));
  register_module("encoder", std::make_shared<torch::nn::Module>("Encoder"))->register_module("layers", layers_);
  project_ = register_module(
      "project", Conv1d(ConvolutionShape{.in_channels = config.hidden_size, .out_channels = 2 * config.flow_size}));
}

EncodedText TextEncoderImpl::forward(const torch::Tensor& token_ids, const torch::Tensor& token_mask) {
  base::check_shape(token_ids, "B T", "text encoder input");
  base::check_shape(token_mask, "B 1 T", "text encoder's token mask");
  const auto mask = token_mask.transpose(1, 2);                          // [B, T, 1]
  auto x = embed_tokens_->forward(token_ids) * embedding_scale_ * mask;  // [B, T, H]
  const AttentionScope scope(head_size_, token_mask);
  const auto region_mask = as_in_region(token_mask);
  for (const auto& layer : *layers_) x = layer->as<EncoderLayer>()->forward(x, region_mask, scope);
  const auto hidden = (x * mask).transpose(1, 2);  // [B, H, T]
  const auto parts = (project_->forward(hidden) * region_mask).chunk(2, 1);
  return {hidden, parts[0], parts[1]};
}

}  // namespace vits::model
