// A want of memory, on a card or in RAM, told from other failures, and what can be done at once.
#pragma once
#include <c10/core/Device.h>

#include <exception>

namespace vits::train {

// LibTorch has a type for it on a card, and only words for it on the host and out of cuDNN and cuBLAS.
bool is_out_of_memory(const std::exception& failure);

// Gives back to the device and to the system what the allocators keep of freed memory. Waits for a card.
void release_memory(c10::Device device);
void release_host_memory(c10::Device device);  // on the host alone; does not wait

}  // namespace vits::train
