// How many clips of a length are learned at once, where whole batches have turned out too large.
//
// Only failures make an entry: a batch of clips of one length did not fit, so batches as long and longer are learned in
// parts from then on, shorter ones as before.
#pragma once
#include <cstdint>
#include <limits>
#include <map>

#include "vits/formats/json.h"

namespace vits::train {

class MicroBatches {
 public:
  static constexpr int64_t kAnyNumber = std::numeric_limits<int64_t>::max();

  int64_t most_clips(int64_t frames) const;  // at once, of batches padded to so many frames; kAnyNumber: all
  int64_t parts(int64_t clips, int64_t frames) const;

  // A batch of so many clips did not fit: batches of its length bucket and above take half of what it took at once.
  // Returns that half, or 0 when it was one clip already and nothing is changed.
  int64_t halve(int64_t clips, int64_t frames);

  static int64_t bucket(int64_t frames);  // the least length that is treated like this one
  bool empty() const { return most_.empty(); }
  bool operator==(const MicroBatches&) const = default;

  friend void to_json(formats::Json& json, const MicroBatches& of);
  friend void from_json(const formats::Json& json, MicroBatches& to);

 private:
  std::map<int64_t, int64_t> most_;  // from so many frames on at most so many clips
};

}  // namespace vits::train
