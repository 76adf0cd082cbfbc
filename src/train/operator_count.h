// Counts what a running program asks of LibTorch: kernels, casts and waits for the device, by its own RecordFunction.
#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace vits::train {

struct OperatorCounts {
  int64_t kernels = 0;  // operators that call no other and do work: views and allocations are left out
  int64_t views = 0;    // those left out
  int64_t casts = 0;    // copies to another number format (or another device)
  int64_t waits = 0;    // values or shapes that the host reads off a tensor: item, nonzero, boolean masks
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
