#pragma once
#include <cstdint>

#include "vits/base/options.h"

namespace vits::train {

// How a run fits into the memory it has.
struct FitOptions {
  int64_t effective_batch_size = 32;
  bool gradient_checkpointing = false;
  bool memory_manager = true;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("effective_batch_size", effective_batch_size, base::between(1, 65536),
          "With --batch_size auto: clips that make one step; gradient_accumulation_steps follows from it.");
    field("gradient_checkpointing", gradient_checkpointing, base::any(),
          "Compute text encoder, posterior encoder, flow and decoder a second time instead of keeping what their "
          "gradients need: the same gradients, less memory, more time.");
    field("memory_manager", memory_manager, base::any(),
          "Look at the memory after every batch and learn long batches in smaller parts before one fails. A batch that "
          "fails all the same is learned again in parts in any case.");
  }
};

}  // namespace vits::train
