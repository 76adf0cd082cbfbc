// Everything the generator is trained on, from the tensors of one step.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "vits/audio/spectrogram.h"
#include "vits/loss/loss_weights.h"

namespace vits::loss {

// What a part of a batch holds of the whole: each loss is the part's mean times its share, so that the losses of the
// parts, and their gradients, add up to those of the batch.
struct Shares {
  double clips = 1.0;         // of mel, adversarial and feature loss
  at::Tensor frames, tokens;  // [] of KL and duration loss; undefined: 1
};

struct GeneratorOutcome {
  at::Tensor real_mel;                             // [B, M, F] the slices, cut from the clips' log mels
  at::Tensor fake_wave;                            // [B, 1, S] the generated slices
  at::Tensor z_p, log_sigma_q, mu_p, log_sigma_p;  // [B, C, F]
  at::Tensor frame_mask;                           // [B, 1, F], 1 where a frame is real
  at::Tensor duration_loss;                        // scalar, from the duration predictor
  std::vector<at::Tensor> fake_scores;             // [B, n] a discriminator; empty: trained without opponents
  std::vector<std::vector<at::Tensor>> real_maps, fake_maps;
  Shares shares;
};

// Scalars, float32, unweighted but for `total`. They stay on the device: nothing here waits for it.
struct GeneratorLosses {
  at::Tensor mel, kl, duration;
  at::Tensor gen, fmap;  // undefined without opponents
  at::Tensor total;      // weighted
};

GeneratorLosses generator_losses(const GeneratorOutcome& outcome, const at::Tensor& mel_bank,
                                 const LossWeights& weights, const audio::SpectrogramShape& shape = {});

}  // namespace vits::loss
