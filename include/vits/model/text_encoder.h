// From token ids to what the text says about the sound: a hidden state for the duration predictor, and for each token
// the normal distribution that its frames are drawn from, before the flow. A Transformer with relative positions and
// convolutions in its feed-forward layers, normalised after each sum.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>

#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"

namespace vits::model {

// transformers calls the last one `prior_log_variances`; it is the logarithm of the standard deviation.
struct EncodedText {
  torch::Tensor hidden;       // [B, H, T]
  torch::Tensor mu_p;         // [B, C, T]
  torch::Tensor log_sigma_p;  // [B, C, T]
};

class TextEncoderImpl : public torch::nn::Module {
 public:
  explicit TextEncoderImpl(const VitsConfig& config);

  // token_ids [B, T] int64; token_mask [B, 1, T], 1 where a token is real. Every result is 0 at padding.
  EncodedText forward(const torch::Tensor& token_ids, const torch::Tensor& token_mask);

 private:
  int64_t head_size_;
  double embedding_scale_;
  torch::nn::Embedding embed_tokens_{nullptr};
  torch::nn::ModuleList layers_;
  Conv1d project_{nullptr};
};
TORCH_MODULE(TextEncoder);

}  // namespace vits::model
