#include "vits/train/batch_parts.h"

#include <ATen/ATen.h>

namespace vits::train {

std::vector<int64_t> part_borders(int64_t clips, int64_t parts) {
  std::vector<int64_t> borders{0};
  // The larger parts come first: what does not fit tells at once.
  for (int64_t part = 0; part < parts; ++part) borders.push_back(borders.back() + (clips + parts - 1 - part) / parts);
  return borders;
}

std::vector<BatchPart> batch_parts(const model::TrainingBatch& batch, const model::Draws& draws,
                                   const at::Tensor& real_mel, int64_t parts) {
  if (parts == 0) return {};
  if (parts == 1) return {{batch, draws, real_mel, {}}};
  const int64_t clips = batch.token_ids.size(0);
  const auto borders = part_borders(clips, parts);
  const auto frames = batch.frame_mask.sum(), tokens = batch.token_mask.sum();
  std::vector<BatchPart> all;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t begin = borders[static_cast<size_t>(part)], count = borders[static_cast<size_t>(part) + 1] - begin;
    const auto of = [&](const at::Tensor& whole) { return whole.defined() ? whole.narrow(0, begin, count) : whole; };
    BatchPart& made = all.emplace_back();
    made.batch = {.token_ids = of(batch.token_ids),
                  .token_lengths = of(batch.token_lengths),
                  .token_mask = of(batch.token_mask),
                  .spectrogram = of(batch.spectrogram),
                  .frame_lengths = of(batch.frame_lengths),
                  .frame_mask = of(batch.frame_mask),
                  .waveform = of(batch.waveform),
                  .speaker_ids = of(batch.speaker_ids)};
    made.draws = {
        .posterior = of(draws.posterior), .duration = of(draws.duration), .segment_starts = of(draws.segment_starts)};
    made.real_mel = of(real_mel);
    made.shares = {.clips = static_cast<double>(count) / static_cast<double>(clips),
                   .frames = made.batch.frame_mask.sum() / frames,
                   .tokens = made.batch.token_mask.sum() / tokens};
  }
  return all;
}

}  // namespace vits::train
