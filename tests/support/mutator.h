// Damages files as a disk, a network or an enemy does, the same way for the same seed.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>

namespace vits::support {

// Mutations of each kind that a test makes: VITS_FUZZ_COUNT, or 500.
inline int fuzz_count() {
  const char* given = std::getenv("VITS_FUZZ_COUNT");
  return given ? std::atoi(given) : 500;
}

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // One to three kinds of damage in a row.
  std::string damage(std::string bytes) {
    for (int64_t left = below(3) + 1; left > 0 && !bytes.empty(); --left) damage_once(bytes);
    return bytes;
  }
  int64_t below(uint64_t limit) { return static_cast<int64_t>(random_() % limit); }

 private:
  void damage_once(std::string& bytes) {
    const size_t at = below(bytes.size()), count = below(std::min<size_t>(bytes.size() - at, 64)) + 1;
    switch (below(7)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        for (int64_t flips = below(8) + 1; flips > 0; --flips)
          bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
        break;
      case 2:
        bytes.replace(at, count, bytes.substr(below(bytes.size()), count));
        break;
      case 3:
        bytes.erase(at, count);
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), count));
        break;
      default: {  // a length or an offset
        const uint64_t values[] = {0,          1,          0x7f,       0xff,  0x7fff,       0xffff,
                                   0x7fffffff, 0xffffffff, ~0ull >> 1, ~0ull, bytes.size(), random_()};
        const uint64_t value = values[below(std::size(values))];
        const size_t width = std::min<size_t>(size_t{1} << below(4), bytes.size() - at);
        bytes.replace(at, width, reinterpret_cast<const char*>(&value), width);
      }
    }
  }
  std::mt19937_64 random_;
};

}  // namespace vits::support
