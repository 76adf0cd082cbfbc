// How long each token sounds. MMS voices draw it (the stochastic predictor, a small flow of its own, so that the same
// text can be spoken in several rhythms); some voices compute it (the deterministic one). Both learn without teaching
// the text encoder or the speaker table.
#pragma once
#include <torch/nn/module.h>

#include <memory>

#include "vits/model/vits_config.h"

namespace vits::model {

class DurationPredictor : public torch::nn::Module {
 public:
  // hidden [B, H, T] of the text encoder; token_mask [B, 1, T]; speaker [B, E, 1], or undefined; noise [B, 2, T] normal
  // times its scale, not looked at by the deterministic predictor. Returns log durations in frames, [B, 1, T].
  virtual torch::Tensor log_durations(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                                      const torch::Tensor& speaker, const torch::Tensor& noise) = 0;

  // What there is to lose at durations [B, 1, T] (whole frames), one number a clip, [B]. Stochastic: an upper bound of
  // -log p(durations | text) in nats, with noise [B, 2, T] normal; deterministic: the sum of squared differences of
  // logarithms. The duration loss of VITS is their sum divided by the number of real tokens.
  virtual torch::Tensor loss(const torch::Tensor& hidden, const torch::Tensor& token_mask,
                             const torch::Tensor& durations, const torch::Tensor& speaker,
                             const torch::Tensor& noise) = 0;
};

// The kind that config.use_stochastic_duration_prediction asks for.
std::shared_ptr<DurationPredictor> make_duration_predictor(const VitsConfig& config);

}  // namespace vits::model
