// The first half of speaking: from token ids to the latent frames that the decoder speaks. Each row draws its noise
// from a generator of its own, so that its neighbours in a batch do not matter.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "plan.h"
#include "vits/model/generator.h"
#include "vits/voice/voice.h"

namespace vits::voice {

struct Latents {
  at::Tensor frames;   // [B, C, F], 0 after a row's end
  at::Tensor lengths;  // [B] int64, on the CPU
  at::Tensor speaker;  // [B, E, 1], or undefined
};

// The pieces as one batch, padded to the longest. Draws are those of transformers for a row alone after
// torch.manual_seed(its seed).
Latents latents_of(model::Generator& generator, const std::vector<const PlannedPiece*>& pieces,
                   const SpeakOptions& options, const at::Device& device);

}  // namespace vits::voice
