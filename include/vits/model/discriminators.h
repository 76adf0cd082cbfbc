// Who judges whether a waveform is real: number 0 hears it as it is (grouped convolutions), numbers 1 to 5 hear it
// folded by 2, 3, 5, 7 and 11 samples. Checkpoints of finetune-hf-vits carry them under
// `discriminator.discriminators.N`.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"

namespace vits::model {

struct Judgement {
  std::vector<torch::Tensor> scores;  // a discriminator each: [B, n], 1 means real
  std::vector<std::vector<torch::Tensor>>
      maps;  // after each layer, [B, channels, ...]; the last is the score, not yet flat
};

class ScaleDiscriminatorImpl : public torch::nn::Module {
 public:
  explicit ScaleDiscriminatorImpl(const VitsConfig& config);
  std::vector<torch::Tensor> forward(const torch::Tensor& wave);  // [B, 1, S] -> maps

 private:
  std::vector<Conv1d> convs_;
  Conv1d final_conv_{nullptr};
};
TORCH_MODULE(ScaleDiscriminator);

class PeriodDiscriminatorImpl : public torch::nn::Module {
 public:
  PeriodDiscriminatorImpl(const VitsConfig& config, int64_t period_samples);
  std::vector<torch::Tensor> forward(const torch::Tensor& wave);  // [B, 1, S] -> maps

 private:
  int64_t period_samples_;
  std::vector<FoldedConv> convs_;
  FoldedConv final_conv_{nullptr};
};
TORCH_MODULE(PeriodDiscriminator);

class DiscriminatorsImpl : public torch::nn::Module {
 public:
  explicit DiscriminatorsImpl(const VitsConfig& config);
  Judgement forward(const torch::Tensor& wave);  // [B, 1, S]

  // On every convolution, as the published VITS trains them.
  void add_weight_norm();
  void fold_weight_norm();

 private:
  ScaleDiscriminator scale_{nullptr};
  std::vector<PeriodDiscriminator> periods_;
};
TORCH_MODULE(Discriminators);

}  // namespace vits::model
