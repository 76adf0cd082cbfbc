// Self-attention that knows how far apart two tokens are, up to `window` tokens to each side (Shaw et al. 2018).
//
//   score[i][j]  = q[i] . (k[j] + relative_key[j - i])          relative terms only where |j - i| <= window
//   output[i]    = sum over j of p[i][j] (v[j] + relative_value[j - i])
//
// The relative terms are a band of 2 window + 1 diagonals; only the band is computed, where transformers pads the
// embeddings with zeros to all 2 T - 1 distances.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "vits/model/finished_layer.h"
#include "vits/model/vits_config.h"

namespace vits::model {

// What all layers of an encoder have in common, made once for them.
struct AttentionScope {
  AttentionScope(int64_t head_size, const torch::Tensor& token_mask);  // [B, 1, T]

  torch::Tensor is_padding;   // [B, 1, 1, T], true where nothing may attend to
  torch::Tensor query_scale;  // [] 1 / sqrt(head size), as in the region
};

class RelativeAttentionImpl : public torch::nn::Module, public FinishedLayer {
 public:
  explicit RelativeAttentionImpl(const VitsConfig& config);

  // x [B, T, H] -> [B, T, H]
  torch::Tensor forward(const torch::Tensor& x, const AttentionScope& scope);

  std::vector<RawWeight> raw_weights() const override;

 private:
  struct Weights {
    torch::Tensor query, query_bias, key, key_bias, value, value_bias, out, out_bias, relative_key, relative_value;
  };
  Weights weights() const;  // the finished ones where they are kept

  int64_t heads_, head_size_, window_;
  double dropout_;
  torch::nn::Linear k_proj_{nullptr}, v_proj_{nullptr}, q_proj_{nullptr}, out_proj_{nullptr};
  torch::Tensor emb_rel_k_, emb_rel_v_;  // [1, 2 window + 1, head size]; undefined when window is 0
};
TORCH_MODULE(RelativeAttention);

}  // namespace vits::model
