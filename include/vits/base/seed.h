// Seeds for what lies side by side: neighbouring clips, batches and sentences must not get related random numbers.
#pragma once
#include <cstdint>

namespace vits::base {

// The last step of SplitMix64 (Steele, Lea, Flood 2014): one to one, takes 0 to 0 and neighbours far apart.
constexpr uint64_t scattered(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace vits::base
