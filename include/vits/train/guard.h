// Watches over a night: is the training still healthy, and what is to be done when it is not?
//
// It sees the losses when they are read, once per log interval. A loss that is no number, one far above its own past, a
// loss scale at its floor, or discriminators that have won and teach nothing any more end in a rollback to the last
// good state with half the learning rate; the fourth time the run ends with the best voice saved.
//
// Fine-tuning is noisy, and a false alarm costs the work since the last good state, so the past is the median of the
// last 20 healthy intervals with their spread, and one bad interval is none. An alarm is raised
//   - at once when a loss is no finite number, or when updates are skipped with the loss scale at its floor;
//   - after 16 updates in a row that were all skipped: a loss scale that is only finding its place needs fewer;
//   - after 4 intervals in a row whose mel or total loss is above twice the median, and above it by 6 times the spread;
//   - when the median of the mel loss has itself crept above what stood for too high when it was lowest;
//   - when a validation's mel loss is above twice the best one, which may be that of the voice before training, or its
//     KL or duration loss above a hundred times what it was then: silence has a small mel loss;
//   - after every 20 intervals in a row with the discriminators' loss under a fiftieth of what guessing gives, if the
//     median of the mel loss fell by less than 5 % meanwhile.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "vits/formats/json.h"

namespace vits::train {

struct Vitals {
  int64_t step = 0;
  double mel = 0.0, total = 0.0, disc = 0.0;  // means over the interval; disc is not yet weighted
  int64_t skipped_updates = 0;                // in the interval, because a gradient was no number
  int64_t updates = 0;                        // in the interval, the skipped ones included
  bool scale_at_floor = false;                // of the loss scaler
  bool adversarial = true;                    // discriminators take part
};

// Losses of the held-out clips, or of training where nothing is held out and for what is not known 0.
struct ValidationVitals {
  double mel = 0.0, kl = 0.0, duration = 0.0;
};

class Guard {
 public:
  static constexpr int kMostRollbacks = 3;

  // A sentence on what is wrong, or none. Does not change anything by itself besides remembering the losses. Not to be
  // called while the voice is held and only the discriminators learn.
  std::optional<std::string> look(const Vitals& vitals);

  // The same of a validation, which sees a run that fell apart before there was a past to see it by.
  static std::optional<std::string> look_at_validation(const ValidationVitals& now, const ValidationVitals& before,
                                                       double best_mel);

  // Nothing was wrong with the newest interval: a state of now is one to go back to.
  bool healthy() const { return skipped_in_a_row_ == 0 && high_in_a_row_ == 0; }

  // The run was rolled back: the past is forgotten. False when that was done kMostRollbacks times already.
  bool may_roll_back();
  int rollbacks() const { return rollbacks_; }

  // All that it remembers. A checkpoint of an earlier version knows the rollbacks alone.
  friend void to_json(formats::Json& json, const Guard& guard);
  friend void from_json(const formats::Json& json, Guard& guard);

 private:
  // The newest healthy intervals of one loss.
  struct Past {
    std::deque<double> values;
    double median = 0.0;
    double limit = 0.0;  // above it a loss is not usual; meaningless while there are too few values
    double lowest_median = 0.0, lowest_limit = 0.0;  // of its best time; a limit of 0: none yet
    void add(double value);
    void look_back();  // median and limit, of the values
    bool knows() const;
    bool crept_up() const;
  };

  friend void to_json(formats::Json& json, const Past& past);
  friend void from_json(const formats::Json& json, Past& past);

  std::optional<std::string> broken(const Vitals& vitals);
  std::optional<std::string> risen(const Vitals& vitals);
  std::optional<std::string> lost_to_discriminators(const Vitals& vitals);

  int rollbacks_ = 0;
  Past mel_, total_;
  int64_t skipped_in_a_row_ = 0;  // updates
  int64_t high_in_a_row_ = 0;     // intervals
  double mel_when_won_ = 0.0;
  int64_t won_in_a_row_ = 0;  // intervals
};

}  // namespace vits::train
