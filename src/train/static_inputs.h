// Where the batches of a recorded step are put: memory that stays, so that what was recorded with one batch reads the
// next one. All shapes share it, because only one step runs at a time.
#pragma once
#include <cstdint>
#include <vector>

#include "vits/train/step_batch.h"

namespace vits::train {

class StaticInputs {
 public:
  // Places for the tensors of such a batch. They hold as long as they live; another batch's places overlap them.
  StepBatch places_for(const StepBatch& batch);

  uint64_t bytes() const { return room_.defined() ? room_.nbytes() : 0; }

 private:
  at::Tensor room_;  // [bytes] uint8
};

// From the batch into its places, without waiting.
void put(const StepBatch& batch, const StepBatch& places);

// The sizes of all tensors of a batch, one after the other, -1 for those that it lacks: batches of one shape have the
// same.
std::vector<int64_t> shape_of(const StepBatch& batch);

}  // namespace vits::train
