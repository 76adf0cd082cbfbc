// LibTorch's memory of the CPU with a limit: what is above it fails as on a card that is full.
#pragma once
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <new>

namespace vits::train_tests {

// In force while it lives. Tensors may outlive it: their memory is that of the usual allocator.
class FailingAllocator : public c10::Allocator {
 public:
  FailingAllocator() : usual_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, kPriority); }
  ~FailingAllocator() override { c10::SetCPUAllocator(usual_, kPriority); }

  c10::DataPtr allocate(size_t bytes) override {
    const int64_t held = held_ += static_cast<int64_t>(bytes);
    const bool fails = held > limit_bytes || --allocations_left == 0;
    if (fails) {
      held_ -= static_cast<int64_t>(bytes);
      ++failures;
      throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "the test's memory is full. Tried to allocate.");
    }
    peak_ = std::max(peak_.load(), held);
    // oneDNN's scratch memory is asked for without an owner: the block itself must be all there is to know.
    void* block = ::operator new(bytes + kHead, std::align_val_t(kHead));
    static_cast<Head*>(block)->bytes = static_cast<int64_t>(bytes);
    void* data = static_cast<char*>(block) + kHead;
    return {data, data, &give_back, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, size_t bytes) const override { usual_->copy_data(to, from, bytes); }

  int64_t held_bytes() const { return held_; }
  int64_t take_peak_bytes() { return peak_.exchange(held_.load()); }

  std::atomic<int64_t> limit_bytes = std::numeric_limits<int64_t>::max();
  std::atomic<int64_t> allocations_left = std::numeric_limits<int64_t>::max();  // until one fails
  std::atomic<int64_t> failures = 0;

 private:
  static constexpr uint8_t kPriority = 50;
  struct Head {
    int64_t bytes;
  };
  static constexpr size_t kHead = 64;
  static void give_back(void* data) {
    if (!data) return;
    void* block = static_cast<char*>(data) - kHead;
    held_ -= static_cast<Head*>(block)->bytes;
    ::operator delete(block, std::align_val_t(kHead));
  }

  c10::Allocator* usual_;
  inline static std::atomic<int64_t> held_ = 0, peak_ = 0;  // of all: a block may outlive the object that gave it
};

}  // namespace vits::train_tests
