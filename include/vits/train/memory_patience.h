// Whether a want of memory is to be sat out. A program that is opened beside the training, a game, takes memory of the
// card and gives it back; what is halved or left out meanwhile stays so for the night.
//
// There is a reason to wait when others hold clearly more than they did while batches fitted, and the batch that failed
// is no larger than one that fitted, or nothing smaller is left to try. Not for ever: what others hold after some
// minutes counts as theirs, and training goes on with less.
#pragma once
#include <cstdint>
#include <optional>

namespace vits::train {

class MemoryPatience {
 public:
  static constexpr double kClearlyMore = 0.05;  // of all memory; CUDA's own libraries grow by less
  static constexpr double kSecondsBetweenTries = 10.0, kMostSeconds = 300.0;

  // A batch of so many clips at once, padded to so many frames, was learned. Gives the seconds waited for it.
  double fitted(int64_t clips, int64_t frames);
  // The share of the memory that others hold, just after a batch was learned.
  void saw_others_hold(double share);

  bool others_hold_more(double share) const;  // clearly, than is usual

  // A batch did not fit, while others hold so much. When it is to be tried again after kSecondsBetweenTries: what they
  // have taken, as a share of the memory.
  std::optional<double> waits(int64_t clips, int64_t frames, double share);
  bool has_just_begun() const { return waited_seconds_ <= kSecondsBetweenTries; }

 private:
  std::optional<double> usual_;  // the least share of others beside a batch that fitted
  int64_t most_ = 0;             // clips times frames that fitted at once
  double waited_seconds_ = 0.0;  // since a batch fitted
};

}  // namespace vits::train
