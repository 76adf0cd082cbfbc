#include "latents.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include "vits/model/masks.h"
#include "vits/model/speech.h"

namespace vits::voice {

Latents latents_of(model::Generator& generator, const std::vector<const PlannedPiece*>& pieces,
                   const SpeakOptions& options, const at::Device& device) {
  const at::NoGradGuard no_grad;
  const auto& config = generator->config();
  const auto rows = static_cast<int64_t>(pieces.size());
  std::vector<int64_t> lengths;
  for (const auto* piece : pieces) lengths.push_back(static_cast<int64_t>(piece->token_ids.size()));
  const int64_t tokens = *std::max_element(lengths.begin(), lengths.end());

  auto token_ids = at::zeros({rows, tokens}, at::kLong);
  auto duration_noise = at::zeros({rows, 2, tokens});
  std::vector<at::Generator> draws;
  for (int64_t row = 0; row < rows; ++row) {
    const auto& piece = *pieces[static_cast<size_t>(row)];
    token_ids[row].narrow(0, 0, lengths[static_cast<size_t>(row)]).copy_(at::tensor(piece.token_ids, at::kLong));
    draws.push_back(at::make_generator<at::CPUGeneratorImpl>(piece.seed));
    if (config.use_stochastic_duration_prediction)
      duration_noise[row]
          .narrow(1, 0, lengths[static_cast<size_t>(row)])
          .copy_(at::empty({2, lengths[static_cast<size_t>(row)]}).normal_(0, 1, draws.back()));
  }

  const auto token_mask = model::length_mask(at::tensor(lengths, at::kLong).to(device), tokens);
  Latents latents;
  if (config.has_speakers())
    latents.speaker = generator->speaker(at::full({rows}, options.speaker_id, at::kLong).to(device));
  const auto text = generator->text_encoder->forward(token_ids.to(device), token_mask);
  const auto log_durations = generator->duration_predictor->log_durations(
      text.hidden, token_mask, latents.speaker, duration_noise.to(device) * options.noise_scale_duration);
  const auto durations = model::frames_of(log_durations, token_mask, config.speaking_rate * options.speed);

  const auto prior = model::stretch(text, durations);
  latents.lengths = prior.frame_lengths.to(at::kCPU);
  const int64_t channels = prior.mu.size(1), frames = prior.mu.size(2);
  auto noise = at::zeros({rows, channels, frames});
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t length = latents.lengths[row].item<int64_t>();
    // Transposed, because transformers' tensor is, and normal_() draws a transposed one in another way.
    auto drawn = at::empty({1, length, channels}).transpose(1, 2);
    noise[row].narrow(1, 0, length).copy_(drawn.normal_(0, 1, draws[static_cast<size_t>(row)])[0]);
  }
  const auto z_p = prior.mu + noise.to(device) * prior.log_sigma.exp() * options.noise_scale;
  latents.frames = generator->flow->inverse(z_p, prior.frame_mask, latents.speaker) * prior.frame_mask;
  return latents;
}

}  // namespace vits::voice
