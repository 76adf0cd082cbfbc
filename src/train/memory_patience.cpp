#include "vits/train/memory_patience.h"

#include <algorithm>
#include <utility>

namespace vits::train {

double MemoryPatience::fitted(int64_t clips, int64_t frames) {
  most_ = std::max(most_, clips * frames);
  return std::exchange(waited_seconds_, 0.0);
}

void MemoryPatience::saw_others_hold(double share) { usual_ = std::min(share, usual_.value_or(share)); }

bool MemoryPatience::others_hold_more(double share) const { return usual_ && share - *usual_ >= kClearlyMore; }

std::optional<double> MemoryPatience::waits(int64_t clips, int64_t frames, double share) {
  if (!others_hold_more(share)) return {};
  if (clips > 1 && clips * frames > most_) return {};
  if (waited_seconds_ >= kMostSeconds) {
    usual_ = share;
    return {};
  }
  waited_seconds_ += kSecondsBetweenTries;
  return share - *usual_;
}

}  // namespace vits::train
