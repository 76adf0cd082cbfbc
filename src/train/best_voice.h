// Which validation was the best so far, and what that says about the run: whether to keep the voice, to stop early, or
// to tell the person that it learns the clips by heart. Without held-out clips the mean training loss of the time since
// the last look takes the place of the validation.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "vits/formats/json.h"

namespace vits::train {

class BestVoice {
 public:
  void count_training(double mel);  // of an interval
  double take_training_mean();      // since the last call; the mean before when nothing came

  // Looks at a validation's loss; true when it is the best so far.
  bool count(double loss, int64_t step, int64_t epoch);

  // Once, when the validation has risen three times in a row while the training loss fell.
  std::optional<std::string> overfitting_words(double validation, double training_mean);

  double value() const { return value_.value_or(0.0); }
  int64_t step() const { return step_; }    // -1: none yet
  int64_t epoch() const { return epoch_; }  // that it was found in or after
  int64_t without_gain() const { return without_gain_; }

  friend void to_json(formats::Json& json, const BestVoice& best);
  friend void from_json(const formats::Json& json, BestVoice& best);

 private:
  std::optional<double> value_;
  int64_t step_ = -1, epoch_ = 0, without_gain_ = 0;
  double training_sum_ = 0.0, training_before_ = 0.0;
  int64_t training_count_ = 0;
  double last_validation_ = 0.0, training_before_rise_ = 0.0;
  int64_t rises_ = 0;
  bool said_ = false;
};

}  // namespace vits::train
