// Tells a StoreListener of work that several threads do: at most two hundred times, one thread at a time.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

#include "vits/data/clip_store.h"

namespace vits::data {

class StoreProgress {
 public:
  StoreProgress(const StoreListener& listener, const char* work, const char* noun, int64_t total)
      : listener_(listener), work_(work), noun_(noun), total_(total), step_(total / 200 + 1) {}

  void count() {
    const int64_t done = ++done_;
    if (!listener_ || (done % step_ != 0 && done != total_)) return;
    const std::lock_guard lock(telling_);
    if (done <= told_) return;
    told_ = done;
    listener_(work_, noun_, done, total_);
  }

 private:
  const StoreListener& listener_;
  const char *work_, *noun_;
  int64_t total_, step_;
  std::atomic<int64_t> done_ = 0;
  std::mutex telling_;
  int64_t told_ = 0;
};

}  // namespace vits::data
