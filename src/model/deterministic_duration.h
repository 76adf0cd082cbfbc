// Two convolutions that compute the logarithm of each token's duration.
#pragma once
#include "layer_norm.h"
#include "vits/model/convolution.h"
#include "vits/model/duration_predictor.h"

namespace vits::model {

class DeterministicDurationPredictor : public DurationPredictor {
 public:
  explicit DeterministicDurationPredictor(const VitsConfig& config);

  torch::Tensor log_durations(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                              const torch::Tensor& speaker, const torch::Tensor& noise) override;
  torch::Tensor loss(const torch::Tensor& hidden, const torch::Tensor& token_mask, const torch::Tensor& durations,
                     const torch::Tensor& speaker, const torch::Tensor& noise) override;

 private:
  double dropout_;
  Conv1d conv_1_{nullptr}, conv_2_{nullptr}, proj_{nullptr}, cond_{nullptr};  // cond_ empty without speakers
  LayerNorm norm_1_{nullptr}, norm_2_{nullptr};
};

}  // namespace vits::model
