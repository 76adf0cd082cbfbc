#include "vits/loss/generator_losses.h"

#include <ATen/ATen.h>

#include "vits/loss/adversarial_loss.h"
#include "vits/loss/feature_loss.h"
#include "vits/loss/kl_loss.h"
#include "vits/loss/mel_loss.h"

namespace vits::loss {

namespace {

at::Tensor share_of(const at::Tensor& loss, const at::Tensor& share) { return share.defined() ? loss * share : loss; }
at::Tensor share_of(const at::Tensor& loss, double share) { return share == 1.0 ? loss : loss * share; }

}  // namespace

GeneratorLosses generator_losses(const GeneratorOutcome& outcome, const at::Tensor& mel_bank,
                                 const LossWeights& weights, const audio::SpectrogramShape& shape) {
  GeneratorLosses losses;
  const Shares& shares = outcome.shares;
  losses.mel = share_of(mel_loss(outcome.real_mel, outcome.fake_wave, mel_bank, shape), shares.clips);
  losses.kl = share_of(kl_loss(outcome.z_p, outcome.log_sigma_q, outcome.mu_p, outcome.log_sigma_p, outcome.frame_mask),
                       shares.frames);
  losses.duration = share_of(outcome.duration_loss, shares.tokens);
  losses.total = at::add(weights.weight_mel * losses.mel, losses.kl, weights.weight_kl);
  losses.total = at::add(losses.total, losses.duration, weights.weight_duration);
  if (!outcome.fake_scores.empty()) {
    losses.gen = share_of(adversarial_loss(outcome.fake_scores), shares.clips);
    losses.fmap = share_of(feature_loss(outcome.real_maps, outcome.fake_maps), shares.clips);
    losses.total = at::add(losses.total, losses.gen, weights.weight_gen);
    losses.total = at::add(losses.total, losses.fmap, weights.weight_fmap);
  }
  return losses;
}

}  // namespace vits::loss
