// The WaveNet of VITS: gated dilated convolutions, each layer conditioned on the speaker and feeding both the next one
// and the sum that leaves. The posterior encoder is mostly this, and so is every layer of the flow. Its convolutions
// carry weight norm from the start, because checkpoints store it there; folding it (fold_weight_norm in convolution.h)
// is for speaking.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"

namespace vits::model {

class WaveNetImpl : public torch::nn::Module {
 public:
  WaveNetImpl(const VitsConfig& config, int64_t layers);

  // x [B, H, F]; frame_mask [B, 1, F], 1 where a frame is real; speaker [B, E, 1], or undefined. Returns [B, H, F].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& frame_mask, const torch::Tensor& speaker = {});

 private:
  int64_t hidden_channels_;
  double dropout_;
  std::vector<Conv1d> in_layers_, res_skip_layers_;
  Conv1d cond_layer_{nullptr};  // empty without speakers
};
TORCH_MODULE(WaveNet);

}  // namespace vits::model
