// From the loader's batch to what the networks take: masks, the linear spectrogram and the waveform, computed on the
// device.
#pragma once
#include <ATen/core/Tensor.h>

#include "vits/data/loader.h"
#include "vits/model/training_forward.h"

namespace vits::train {

model::TrainingBatch step_batch(const data::Batch& batch, const data::StoreTarget& target);

// Log mels [B, M, D] of the slices: those that the store kept, or made of the batch's spectrogram.
at::Tensor slice_mel(const data::Batch& kept, const model::TrainingBatch& batch, const model::Draws& draws,
                     const at::Tensor& mel_bank, int64_t segment_frames);

// Everything random of a batch, dropout too, follows from this; the default generator of the device is seeded anew, so
// that no state of it has to be kept.
void seed_batch(at::Device device, int64_t seed, int64_t number);

}  // namespace vits::train
