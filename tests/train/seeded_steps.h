// A learner of a tiny voice and batches for it, of any size, that follow from a seed alone.
#pragma once
#include <ATen/ATen.h>

#include <optional>

#include "support/voices.h"
#include "vits/audio/spectrogram.h"
#include "vits/model/weights.h"
#include "vits/train/learner.h"
#include "vits/train/step_batch.h"

namespace vits::train_tests {

inline constexpr train::Rates kSteepRates{2e-4, 2e-4}, kGentleRates{2e-5, 2e-5};

inline train::Learner graph_learner(std::optional<c10::ScalarType> half = {}, at::Device device = at::kCPU,
                                    model::Keeps keeps = model::Keeps::kAll) {
  support::Voice voice(support::folder_of(support::kFourSpeakers));
  model::add_training_weight_norm(voice.generator, voice.discriminators);
  voice.generator->to(device);
  voice.discriminators->to(device);
  voice.generator->train();
  train::LearnerSettings settings;
  settings.optimizer.ema = 0.9;
  settings.half = half;
  settings.keeps = keeps;
  return train::Learner({voice.generator, voice.discriminators}, settings);
}

// Clips of random lengths, padded to these, and everything random of their step seeded.
inline train::StepBatch seeded_batch(train::Learner& learner, uint64_t seed, int64_t tokens = 20, int64_t frames = 48,
                                     int64_t clips = 2) {
  const auto& config = learner.networks().generator->config();
  at::manual_seed(seed);
  train::StepBatch made;
  auto& batch = made.batch;
  batch.token_ids = at::randint(config.vocab_size, {clips, tokens}, at::kLong);
  batch.token_lengths = at::randint(tokens / 2, tokens + 1, {clips}, at::kLong);
  batch.frame_lengths = at::randint(40, frames + 1, {clips}, at::kLong);
  // As the Fourier transform leaves it: the numbers of a frame are neighbours.
  batch.spectrogram = at::rand({clips, frames, config.spectrogram_bins}).transpose(1, 2);
  batch.waveform = at::randn({clips, frames * config.hop_length + 100}).narrow(1, 50, frames * config.hop_length) * 0.1;
  batch.waveform = batch.waveform.unsqueeze(1);
  batch.speaker_ids = at::randint(4, {clips}, at::kLong);
  batch.add_masks();
  made.draws = model::draw(batch, config);
  const auto there = [&](at::Tensor& tensor) { tensor = tensor.to(learner.device()); };
  for (at::Tensor* tensor : {&batch.token_ids, &batch.token_lengths, &batch.token_mask, &batch.spectrogram,
                             &batch.frame_lengths, &batch.frame_mask, &batch.waveform, &batch.speaker_ids,
                             &made.draws.posterior, &made.draws.duration, &made.draws.segment_starts})
    there(*tensor);
  made.real_mel =
      audio::log_mel(model::cut(batch.spectrogram, made.draws.segment_starts, config.segment_size / config.hop_length),
                     learner.mel_bank());
  at::manual_seed(seed + 1);
  return made;
}

}  // namespace vits::train_tests
