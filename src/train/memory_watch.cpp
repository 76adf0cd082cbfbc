#include "vits/train/memory_watch.h"

namespace vits::train {

namespace {

constexpr std::array<double, 4> kBorders = {0.0, 0.60, 0.75, 0.85};
constexpr double kLeftBelow = 0.05;  // the border
constexpr int64_t kCalmSteps = 20;
// Emptying makes the device wait and memory has to be taken anew: it must bring something.
constexpr int64_t kStepsBetweenEmptying = 100;
constexpr double kWorthEmptying = 0.10;
constexpr double kWorthHalving = 0.10;  // of all memory, that a step takes and gives back

MemoryLevel level_at(double pressure) {
  size_t level = 0;
  while (level + 1 < kBorders.size() && pressure >= kBorders[level + 1]) ++level;
  return static_cast<MemoryLevel>(level);
}

double border_of(MemoryLevel level) { return kBorders[static_cast<size_t>(level)]; }

}  // namespace

MemoryAction MemoryWatch::look(const MemoryFigures& figures) {
  pressure_ = figures.pressure();
  const MemoryLevel now = level_at(pressure_), before = level_;
  calm_steps_ = pressure_ < border_of(level_) - kLeftBelow ? calm_steps_ + 1 : 0;
  if (now > level_) level_ = now;
  if (calm_steps_ >= kCalmSteps) {
    level_ = now;
    calm_steps_ = 0;
  }

  const auto total = static_cast<double>(figures.total_bytes);
  const double own = static_cast<double>(figures.peak_bytes) - static_cast<double>(figures.resting_bytes);
  if (now == MemoryLevel::kCritical && own >= kWorthHalving * total) return MemoryAction::kSmallerParts;

  const bool entered = level_ > before;
  ++steps_since_empty_;
  if (level_ >= MemoryLevel::kHigh && static_cast<double>(figures.kept_bytes) >= kWorthEmptying * total
      && (entered || steps_since_empty_ >= kStepsBetweenEmptying)) {
    steps_since_empty_ = 0;
    return MemoryAction::kEmptyCache;
  }
  return entered ? MemoryAction::kGiveBackHostMemory : MemoryAction::kNone;
}

}  // namespace vits::train
