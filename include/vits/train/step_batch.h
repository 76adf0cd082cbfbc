// From the loader's batch to what the networks take: masks, the linear spectrogram and the waveform, computed on the
// device.
#pragma once
#include <ATen/core/Tensor.h>

#include "vits/data/loader.h"
#include "vits/model/training_forward.h"

namespace vits::train {

struct StepBatch {
  model::TrainingBatch batch;
  model::Draws draws;
  at::Tensor real_mel;  // [B, M, D] log mels of the slices: those that the store kept, or made of the spectrogram
};

// Everything random of the batch, dropout too, follows from `seed` and `number`: the default generator of the device is
// seeded anew, so that no state of it has to be kept. In several parts the Fourier transforms, several times as large
// as what is left of them, are not all in memory at once; the result is the same.
StepBatch step_batch(const data::Batch& loaded, const data::StoreTarget& target, const model::VitsConfig& config,
                     const at::Tensor& mel_bank, int64_t seed, int64_t number, int64_t parts = 1);

}  // namespace vits::train
