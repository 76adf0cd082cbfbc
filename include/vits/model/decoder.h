// HiFi-GAN, the part of VITS that speaks: latent frames are upsampled step by step to samples, and at each step several
// residual blocks with different reach are averaged.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"

namespace vits::model {

// Pairs of convolutions (`convs1` dilated, `convs2` not) with resblock "1", single dilated ones (`convs`) with "2".
class ResidualBlockImpl : public torch::nn::Module {
 public:
  ResidualBlockImpl(const VitsConfig& config, int64_t channels, int64_t kernel, const std::vector<int64_t>& dilations);
  // x [B, H, S] and its leaky ReLU, which all blocks of a level begin with -> [B, H, S]
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& active_x);

 private:
  double slope_;
  std::vector<Conv1d> dilated_, plain_;  // plain_ empty with resblock "2"
};
TORCH_MODULE(ResidualBlock);

class DecoderImpl : public torch::nn::Module {
 public:
  explicit DecoderImpl(const VitsConfig& config);

  // z [B, C, F]; speaker [B, E, 1], or undefined. Returns [B, 1, S] in -1 ... 1, S = F times the product of
  // upsample_rates.
  torch::Tensor forward(const torch::Tensor& z, const torch::Tensor& speaker = {});

  // Upsampling and residual blocks, as the published VITS trains them; the first and last convolutions stay plain.
  void add_weight_norm();
  void fold_weight_norm();

 private:
  double slope_;
  Conv1d conv_pre_{nullptr}, conv_post_{nullptr}, cond_{nullptr};  // cond_ empty without speakers
  std::vector<ConvTranspose1d> upsampler_;
  std::vector<ResidualBlock> resblocks_;  // resblocks_per_level_ for each upsampling
  size_t resblocks_per_level_;
};
TORCH_MODULE(Decoder);

}  // namespace vits::model
