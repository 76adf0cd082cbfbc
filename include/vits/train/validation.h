// How good the voice is on clips that it does not learn from: mel, KL and duration loss with the same draws and slices
// every time, so that two validations differ by the voice alone.
#pragma once
#include <cstdint>
#include <functional>

#include "vits/data/loader.h"
#include "vits/train/learner.h"
#include "vits/train/step_batch.h"

namespace vits::train {

struct ValidationLosses {
  double mel = 0.0, kl = 0.0, duration = 0.0;  // means over clips
  int64_t clips = 0;
};

class Validation {
 public:
  // At most `most_clips` of the store's validation clips, spread evenly over them.
  Validation(const data::ClipStore& store, const data::LoaderOptions& options, at::Device device, int64_t batch_size,
             int64_t most_clips);

  int64_t clips() const { return static_cast<int64_t>(numbers_.size()); }

  // The averaged voice, if there is one. Between batches looks for a stop and then throws Stopped.
  ValidationLosses run(Learner& learner, const std::function<void(int64_t done, int64_t all)>& progress);

 private:
  at::Tensor in_parts(const data::Batch& loaded, int64_t number, Learner& learner);

  const data::ClipStore& store_;
  data::ClipNumbers numbers_;
  int64_t batch_size_;
  int64_t parts_ = 1;  // that a batch is listened to in; more where one did not fit, with the same losses
  data::Loader loader_;
};

}  // namespace vits::train
