// The normalising flow between the latent that the decoder speaks and the prior that the text gives. Each layer shifts
// one half of the channels by what a WaveNet makes of the other half, then the channels change places. It moves volume
// without changing it, so there is no log-determinant to return.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <vector>

#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"
#include "vits/model/wavenet.h"

namespace vits::model {

class CouplingLayerImpl : public torch::nn::Module {
 public:
  explicit CouplingLayerImpl(const VitsConfig& config);

  // x [B, C, F] -> [B, C, F]; the first half of the channels passes unchanged. frame_mask and speaker as below.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& frame_mask, const torch::Tensor& speaker = {});
  torch::Tensor inverse(const torch::Tensor& x, const torch::Tensor& frame_mask, const torch::Tensor& speaker = {});

 private:
  torch::Tensor shift(const torch::Tensor& first_half, const torch::Tensor& frame_mask, const torch::Tensor& speaker);

  Conv1d conv_pre_{nullptr}, conv_post_{nullptr};
  WaveNet wavenet_{nullptr};
};
TORCH_MODULE(CouplingLayer);

class FlowImpl : public torch::nn::Module {
 public:
  explicit FlowImpl(const VitsConfig& config);

  // z, z_p [B, C, F], 0 where a frame is padding; frame_mask [B, 1, F], 1 where a frame is real; speaker [B, E, 1], or
  // undefined.
  torch::Tensor forward(const torch::Tensor& z, const torch::Tensor& frame_mask, const torch::Tensor& speaker = {});
  torch::Tensor inverse(const torch::Tensor& z_p, const torch::Tensor& frame_mask, const torch::Tensor& speaker = {});

 private:
  std::vector<CouplingLayer> flows_;
};
TORCH_MODULE(Flow);

}  // namespace vits::model
