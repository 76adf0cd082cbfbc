// A want of memory, on a card or in RAM, told from other failures, and what can be done at once.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <exception>
#include <string>

namespace vits::train {

// LibTorch has a type for it on a card, and only words for it on the host and out of CUDA's libraries.
bool is_out_of_memory(const std::exception& failure);

// Of those, the ones that a library of CUDA's words as it does when it cannot work at all: most come of a full card,
// but one that comes again and again has another cause.
bool is_failure_of_library(const std::exception& failure);

// What was asked for, "2.00 GiB were asked for", or how LibTorch put it: half a sentence.
std::string want_of_memory(const std::exception& failure);

// Drops what a backward pass left behind that ended in an exception. LibTorch keeps its waiting tasks in the calling
// thread's queue, and with them the rest of the graph and all its tensors, until passes to come get at them; they are
// taken out in the order of age, so a pass over the oldest graph there is passes all of them over. Make one before any
// other graph, in the thread that will run the passes.
class FailedPasses {
 public:
  FailedPasses();
  void forget();

 private:
  at::Tensor oldest_;  // the end of a graph of one node
};

// Gives back to the device and to the system what the allocators keep of freed memory. Waits for a card.
void release_memory(c10::Device device);
void release_host_memory(c10::Device device);  // on the host alone; does not wait

}  // namespace vits::train
