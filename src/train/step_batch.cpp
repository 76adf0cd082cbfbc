#include "vits/train/step_batch.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <mutex>
#include <vector>

#include "vits/audio/spectrogram.h"
#include "vits/base/seed.h"
#include "vits/model/masks.h"

namespace vits::train {

namespace {

at::Tensor spectrogram_in_parts(const at::Tensor& wave, const audio::SpectrogramShape& shape, int64_t parts) {
  if (parts <= 1) return audio::spectrogram_of_mirrored(wave, shape);
  std::vector<at::Tensor> made;
  for (const at::Tensor& part : wave.chunk(parts, 0)) made.push_back(audio::spectrogram_of_mirrored(part, shape));
  return at::cat(made);
}

model::TrainingBatch training_batch(const data::Batch& batch, const data::StoreTarget& target, int64_t parts) {
  const audio::SpectrogramShape shape{.fft_samples = target.fft_samples, .hop_samples = target.hop_samples};
  const int64_t mirrored = (shape.fft_samples - shape.hop_samples) / 2;
  const auto token_lengths = batch.lengths_there[0], frame_lengths = batch.lengths_there[1];
  const auto wave = batch.samples.to(at::kFloat) / 32768;  // [B, S]
  model::TrainingBatch result;
  result.token_ids = batch.token_ids;
  result.token_mask = model::length_mask(token_lengths, batch.token_ids.size(1));
  result.frame_mask = model::length_mask(frame_lengths, batch.frames);
  result.spectrogram = spectrogram_in_parts(wave, shape, parts) * result.frame_mask;
  result.waveform = wave.narrow(1, mirrored, batch.frames * shape.hop_samples).unsqueeze(1);
  result.speaker_ids = batch.speaker_ids;
  // The search on the host wants them there, the kernel on the device.
  const bool on_host = batch.samples.device().is_cpu();
  result.token_lengths = on_host ? batch.token_lengths : token_lengths;
  result.frame_lengths = on_host ? batch.frame_lengths : frame_lengths;
  return result;
}

at::Tensor slice_mel(const data::Batch& kept, const model::TrainingBatch& batch, const model::Draws& draws,
                     const at::Tensor& mel_bank, int64_t segment_frames) {
  if (kept.mels.defined())
    return model::cut(kept.mels.transpose(1, 2), draws.segment_starts, segment_frames).to(at::kFloat);
  return audio::log_mel(model::cut(batch.spectrogram, draws.segment_starts, segment_frames), mel_bank);
}

void seed_batch(at::Device device, int64_t seed, int64_t number) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_current_seed(
      base::scattered(base::scattered(static_cast<uint64_t>(seed)) + static_cast<uint64_t>(number)));
}

}  // namespace

StepBatch step_batch(const data::Batch& loaded, const data::StoreTarget& target, const model::VitsConfig& config,
                     const at::Tensor& mel_bank, int64_t seed, int64_t number, int64_t parts) {
  StepBatch made;
  made.batch = training_batch(loaded, target, parts);
  seed_batch(loaded.samples.device(), seed, number);
  made.draws = model::draw(made.batch, config);
  made.real_mel = slice_mel(loaded, made.batch, made.draws, mel_bank, target.segment_frames);
  return made;
}

}  // namespace vits::train
