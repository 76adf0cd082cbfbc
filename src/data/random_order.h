// A random order of our own: the standard library's shuffle and distributions differ from one library to the next, and
// the order of training must not.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "vits/base/seed.h"

namespace vits::data {

// SplitMix64 (Steele, Lea, Flood 2014): neighbouring seeds give unrelated sequences.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t next() { return base::scattered(state_ += 0x9e3779b97f4a7c15); }

  // 0 ... count - 1; uneven by less than count / 2^64.
  uint64_t below(uint64_t count) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * count) >> 64);
  }

 private:
  uint64_t state_;
};

// Fisher and Yates.
template <class Value>
void shuffle(std::vector<Value>& values, SplitMix64& random) {
  for (size_t left = values.size(); left > 1; --left) std::swap(values[left - 1], values[random.below(left)]);
}

}  // namespace vits::data
