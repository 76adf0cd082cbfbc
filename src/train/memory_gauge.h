// The figures of a device's memory, by its own account: no step is waited for.
#pragma once
#include <c10/core/Device.h>

#include "vits/train/memory_watch.h"

namespace vits::train {

// Since the last call. Of a card, its free memory and what LibTorch's allocator took of it; of the CPU, the machine's
// memory (a container's limit counts) and the most that this process held.
MemoryFigures memory_figures(c10::Device device);

// Of a card's memory, the share that LibTorch's allocator did not take: other programs', and what CUDA and its
// libraries hold in this one. 0 of the CPU, whose system makes room in other ways.
double share_of_others(c10::Device device);

}  // namespace vits::train
