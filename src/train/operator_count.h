// Counts what a running program asks of LibTorch: kernels, casts and waits for the device, by its own RecordFunction.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace vits::train {

struct OperatorCounts {
  // Operators that do work and call no other that does. A convolution takes memory by operators and counts all the
  // same; views and allocations do no work. An operator of ours (vits::) counts once, whatever it is built of, as one
  // of LibTorch's libraries does.
  int64_t kernels = 0;
  int64_t views = 0;  // and allocations: those left out
  int64_t casts = 0;  // copies to another number format (or another device)
  // Values and shapes that the host reads off a tensor (item, nonzero, boolean masks, unique) and copies between host
  // and device that it stands still for: all but those from or to pinned memory that were asked not to block.
  int64_t waits = 0;
  std::map<std::string, int64_t> by_name;  // of the kernels
};

// Counts while it lives, on all threads; one at a time.
class OperatorCount {
 public:
  OperatorCount();
  ~OperatorCount();
  OperatorCount(const OperatorCount&) = delete;
  OperatorCount& operator=(const OperatorCount&) = delete;

  OperatorCounts counts() const;

 private:
  uint64_t handle_ = 0;
};

}  // namespace vits::train
