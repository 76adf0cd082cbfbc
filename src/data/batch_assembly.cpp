#include "batch_assembly.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "vits/audio/spectrogram.h"
#include "vits/base/error.h"

namespace vits::data {

namespace {

const StoredClip& clip_of(const ClipStore& store, int64_t number) {
  if (number < 0 || number >= static_cast<int64_t>(store.clips().size()))
    throw Error("a batch wants clip {} of {}. This is a bug in vits-train.", number, store.clips().size());
  return store.clips()[static_cast<size_t>(number)];
}

// The part of a clip's row that its frames reach.
int64_t reach(const StoredClip& clip, const StoreTarget& target) {
  return clip.frames * target.hop_samples + 2 * mirrored_samples(target);
}

// One clip, its ends mirrored, cut or filled up with zeros to the length of `row`.
void fill_row(std::span<const int16_t> sound, int64_t mirrored, int64_t reach, std::span<int16_t> row) {
  const auto count = static_cast<int64_t>(sound.size());
  int16_t* to = row.data();
  for (int64_t s = mirrored; s > 0; --s) *to++ = sound[static_cast<size_t>(s)];
  const int64_t straight = std::min(count, reach - mirrored);
  to = std::copy_n(sound.data(), straight, to);
  for (int64_t s = count; s < reach - mirrored; ++s) *to++ = sound[static_cast<size_t>(2 * (count - 1) - s)];
  std::fill(to, row.data() + row.size(), int16_t{0});
}

}  // namespace

int64_t mirrored_samples(const StoreTarget& target) { return (target.fft_samples - target.hop_samples) / 2; }

BatchShape BatchShape::of(const ClipStore& store, const ClipNumbers& clips, const PaddedShapes& padded) {
  if (clips.empty()) throw Error("a batch without clips. This is a bug in vits-train.");
  BatchShape shape{.clips = static_cast<int64_t>(clips.size())};
  for (const int64_t number : clips) {
    const StoredClip& clip = clip_of(store, number);
    shape.tokens = std::max(shape.tokens, clip.tokens);
    shape.frames = std::max(shape.frames, clip.frames);
  }
  shape.frames = padded.frames(shape.frames);
  shape.tokens = padded.tokens(shape.frames, shape.tokens);
  shape.samples = (shape.frames - 1) * store.target().hop_samples + store.target().fft_samples;
  return shape;
}

void fill_numbers(const ClipStore& store, const ClipNumbers& clips, std::span<int64_t> numbers) {
  for (size_t b = 0; b < clips.size(); ++b) {
    const StoredClip& clip = clip_of(store, clips[b]);
    const auto put = [&](NumberRow row, int64_t value) {
      numbers[static_cast<size_t>(row) * clips.size() + b] = value;
    };
    put(kTokenLengths, clip.tokens);
    put(kFrameLengths, clip.frames);
    put(kSpeakerIds, clip.speaker_id);
    put(kFirstSamples, clip.first_sample);
    put(kSampleCounts, clip.samples);
  }
}

void fill_token_ids(const ClipStore& store, const ClipNumbers& clips, const BatchShape& shape,
                    std::span<int64_t> token_ids) {
  const auto* const arena = store.token_ids().const_data_ptr<int32_t>();
  int64_t* row = token_ids.data();
  for (const int64_t number : clips) {
    const StoredClip& clip = clip_of(store, number);
    const auto* const ids = arena + clip.first_token;
    std::fill(std::copy(ids, ids + clip.tokens, row), row + shape.tokens, int64_t{0});
    row += shape.tokens;
  }
}

void fill_samples(const ClipStore& store, const ClipNumbers& clips, const BatchShape& shape,
                  std::span<int16_t> samples) {
  const auto* const arena = store.samples().const_data_ptr<int16_t>();
  const int64_t mirrored = mirrored_samples(store.target());
  for (size_t b = 0; b < clips.size(); ++b) {
    const StoredClip& clip = clip_of(store, clips[b]);
    const auto width = static_cast<size_t>(shape.samples);
    fill_row({arena + clip.first_sample, static_cast<size_t>(clip.samples)}, mirrored, reach(clip, store.target()),
             samples.subspan(b * width, width));
  }
}

void fill_mels(const ClipStore& store, const ClipNumbers& clips, const BatchShape& shape, std::span<c10::Half> mels) {
  const auto* const arena = store.mels().const_data_ptr<c10::Half>();
  c10::Half* row = mels.data();
  for (const int64_t number : clips) {
    const StoredClip& clip = clip_of(store, number);
    const auto* const mel = arena + clip.first_frame * audio::kMelBands;
    const int64_t width = shape.frames * audio::kMelBands;
    std::fill(std::copy(mel, mel + clip.frames * audio::kMelBands, row), row + width, c10::Half(0.0f));
    row += width;
  }
}

void gather_samples(const at::Tensor& arena, const at::Tensor& numbers, const StoreTarget& target,
                    const at::Tensor& samples) {
  const int64_t mirrored = mirrored_samples(target);
  const auto column = [&](NumberRow row) { return numbers.select(0, row).unsqueeze(1); };        // [B, 1]
  const at::Tensor column_number = at::arange(samples.size(1), numbers.options()).unsqueeze(0);  // [1, S]
  const at::Tensor last = column(kSampleCounts) - 1;
  // Mirrored at the beginning, then at the end; behind the reach of the frames anything will do.
  const at::Tensor place = last - (last - (column_number - mirrored).abs()).abs();  // [B, S]
  const at::Tensor index = place.clamp_min_(0).add_(column(kFirstSamples));
  const at::Tensor behind = column_number >= column(kFrameLengths) * target.hop_samples + 2 * mirrored;
  at::Tensor flat = samples.view(-1);
  at::index_select_out(flat, arena, 0, index.view(-1));
  samples.masked_fill_(behind, 0);
}

}  // namespace vits::data
