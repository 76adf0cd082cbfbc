// A batch's numbers and sounds, put together from the clip store's arenas: in the host's memory, or of samples that
// stand on the device.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "vits/data/clip_store.h"
#include "vits/data/padded_shapes.h"
#include "vits/data/sampler.h"

namespace vits::data {

struct BatchShape {
  int64_t clips = 0, tokens = 0, frames = 0, samples = 0;  // B, T, F, S

  static BatchShape of(const ClipStore& store, const ClipNumbers& clips, const PaddedShapes& padded);
};

// How many samples are mirrored at each end.
int64_t mirrored_samples(const StoreTarget& target);

// The rows of [kNumberRows, B].
enum NumberRow : int64_t { kTokenLengths, kFrameLengths, kSpeakerIds, kFirstSamples, kSampleCounts, kNumberRows };

void fill_numbers(const ClipStore& store, const ClipNumbers& clips, std::span<int64_t> numbers);
void fill_token_ids(const ClipStore& store, const ClipNumbers& clips, const BatchShape& shape,
                    std::span<int64_t> token_ids);
void fill_samples(const ClipStore& store, const ClipNumbers& clips, const BatchShape& shape,
                  std::span<int16_t> samples);
void fill_mels(const ClipStore& store, const ClipNumbers& clips, const BatchShape& shape, std::span<c10::Half> mels);

// What fill_samples does, of an arena [all samples] and numbers [kNumberRows, B] on any device, into `samples` [B, S].
void gather_samples(const at::Tensor& arena, const at::Tensor& numbers, const StoreTarget& target,
                    const at::Tensor& samples);

}  // namespace vits::data
