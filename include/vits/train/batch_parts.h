// A batch that does not fit is learned in parts whose gradients add up to its own.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "vits/loss/generator_losses.h"
#include "vits/model/training_forward.h"

namespace vits::train {

struct BatchPart {
  model::TrainingBatch batch;
  model::Draws draws;
  at::Tensor real_mel;  // [b, M, D]
  loss::Shares shares;  // of the whole batch
};

// Neighbouring clips, as evenly as they go: 7 clips in 2 parts are 4 and 3. They keep the padding and the draws that
// they have in the whole. One part is the batch itself; 0 parts are none. Waits for no device.
std::vector<BatchPart> batch_parts(const model::TrainingBatch& batch, const model::Draws& draws,
                                   const at::Tensor& real_mel, int64_t parts);

// The first clip of each part, and behind them the number of clips.
std::vector<int64_t> part_borders(int64_t clips, int64_t parts);

}  // namespace vits::train
