// Watches over a night: is the training still healthy, and what is to be done when it is not?
//
// It sees the losses when they are read, once per log interval. A loss that is no number, one far above its own past, a
// loss scale at its floor, or discriminators that have won and teach nothing any more end in a rollback to the last
// good state with half the learning rate; the fourth time the run ends with the best voice saved.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace vits::train {

struct Vitals {
  int64_t step = 0;
  double mel = 0.0, total = 0.0, disc = 0.0;  // means over the interval; disc is not yet weighted
  int64_t skipped_updates = 0;                // in the interval, because a gradient was no number
  int64_t updates = 0;                        // in the interval
  bool scale_at_floor = false;                // of the loss scaler
  bool adversarial = true;                    // discriminators take part
};

class Guard {
 public:
  static constexpr int kMostRollbacks = 3;

  // A sentence on what is wrong, or none. Does not change anything by itself besides remembering the losses.
  std::optional<std::string> look(const Vitals& vitals);

  // The run was rolled back: the past is forgotten. False when that was done kMostRollbacks times already.
  bool may_roll_back();
  int rollbacks() const { return rollbacks_; }
  void restore(int rollbacks) { rollbacks_ = rollbacks; }

 private:
  int rollbacks_ = 0;
  // ... the past
};

}  // namespace vits::train
