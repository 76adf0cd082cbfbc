// From a recording's spectrogram to the normal distribution its latent is drawn from. It draws nothing itself, so that
// a test or a training step brings its own noise: z = (mu_q + noise * exp(log_sigma_q)) * frame_mask.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"
#include "vits/model/wavenet.h"

namespace vits::model {

struct Posterior {
  torch::Tensor mu_q;         // [B, C, F], 0 where a frame is padding
  torch::Tensor log_sigma_q;  // [B, C, F] logarithm of the standard deviation
};

class PosteriorEncoderImpl : public torch::nn::Module {
 public:
  explicit PosteriorEncoderImpl(const VitsConfig& config);

  // spectrogram [B, K, F]; frame_mask [B, 1, F], 1 where a frame is real; speaker [B, E, 1], or undefined
  Posterior forward(const torch::Tensor& spectrogram, const torch::Tensor& frame_mask,
                    const torch::Tensor& speaker = {});

 private:
  Conv1d conv_pre_{nullptr}, conv_proj_{nullptr};
  WaveNet wavenet_{nullptr};
};
TORCH_MODULE(PosteriorEncoder);

}  // namespace vits::model
