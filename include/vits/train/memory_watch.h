// Watches how full the memory is that training happens in, a card's or the machine's, and says what to do before it is
// full.
//
//   low       below 60 %   nothing
//   moderate  60 to 75 %   give back what the host keeps of freed memory
//   high      75 to 85 %   empty the card's caching allocator between two steps
//   critical  above 85 %   learn batches of this length in smaller parts, before one of them fails
//
// A level is entered at once and left late: not before the pressure has been 5 % below its border for 20 steps in a
// row, because batches of different lengths follow each other. Figures are passed in, so that a test can make them up.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace vits::train {

enum class MemoryLevel { kLow, kModerate, kHigh, kCritical };
inline constexpr std::array<std::string_view, 4> kMemoryLevelNames = {"low", "moderate", "high", "critical"};

struct MemoryFigures {
  uint64_t total_bytes = 0;
  uint64_t peak_bytes = 0;     // most that was in use since the last figures, other programs counted
  uint64_t resting_bytes = 0;  // in use now, between two steps
  uint64_t kept_bytes = 0;     // freed, but kept by the allocator; in none of the above

  double pressure() const {
    return total_bytes > 0 ? static_cast<double>(peak_bytes) / static_cast<double>(total_bytes) : 0.0;
  }
};

enum class MemoryAction { kNone, kGiveBackHostMemory, kEmptyCache, kSmallerParts };

class MemoryWatch {
 public:
  // After each step. kSmallerParts only where halving the step's own part can help: what others hold stays.
  MemoryAction look(const MemoryFigures& figures);

  MemoryLevel level() const { return level_; }
  double pressure() const { return pressure_; }  // of the newest figures

 private:
  MemoryLevel level_ = MemoryLevel::kLow;
  double pressure_ = 0.0;
  int64_t calm_steps_ = 0;         // below the level's border, in a row
  int64_t steps_since_empty_ = 0;  // the cache was
};

}  // namespace vits::train
