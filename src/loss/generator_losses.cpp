#include "vits/loss/generator_losses.h"

#include <ATen/ATen.h>

#include "vits/loss/adversarial_loss.h"
#include "vits/loss/feature_loss.h"
#include "vits/loss/kl_loss.h"
#include "vits/loss/mel_loss.h"

namespace vits::loss {

GeneratorLosses generator_losses(const GeneratorOutcome& outcome, const at::Tensor& mel_bank,
                                 const LossWeights& weights, const audio::SpectrogramShape& shape) {
  GeneratorLosses losses;
  losses.mel = mel_loss(outcome.real_mel, outcome.fake_wave, mel_bank, shape);
  losses.kl = kl_loss(outcome.z_p, outcome.log_sigma_q, outcome.mu_p, outcome.log_sigma_p, outcome.frame_mask);
  losses.duration = outcome.duration_loss;
  losses.total =
      weights.weight_mel * losses.mel + weights.weight_kl * losses.kl + weights.weight_duration * losses.duration;
  if (!outcome.fake_scores.empty()) {
    losses.gen = adversarial_loss(outcome.fake_scores);
    losses.fmap = feature_loss(outcome.real_maps, outcome.fake_maps);
    losses.total = losses.total + weights.weight_gen * losses.gen + weights.weight_fmap * losses.fmap;
  }
  return losses;
}

}  // namespace vits::loss
