#include "vits/train/memory_watch.h"

#include <gtest/gtest.h>

namespace vits::train {
namespace {

MemoryFigures percent(uint64_t peak, uint64_t resting = 20, uint64_t kept = 0) {
  return {.total_bytes = 100, .peak_bytes = peak, .resting_bytes = resting, .kept_bytes = kept};
}

TEST(MemoryWatch, KnowsFourLevels) {
  for (const auto& [peak, level] : {std::pair{59, MemoryLevel::kLow},
                                    {60, MemoryLevel::kModerate},
                                    {74, MemoryLevel::kModerate},
                                    {75, MemoryLevel::kHigh},
                                    {84, MemoryLevel::kHigh},
                                    {85, MemoryLevel::kCritical},
                                    {100, MemoryLevel::kCritical}}) {
    MemoryWatch watch;
    watch.look(percent(static_cast<uint64_t>(peak)));
    EXPECT_EQ(watch.level(), level) << peak;
  }
}

TEST(MemoryWatch, DoesWhatTheLevelAsksFor) {
  MemoryWatch watch;
  EXPECT_EQ(watch.look(percent(50)), MemoryAction::kNone);
  EXPECT_EQ(watch.look(percent(65)), MemoryAction::kGiveBackHostMemory);
  EXPECT_EQ(watch.look(percent(65)), MemoryAction::kNone);
  EXPECT_EQ(watch.look(percent(80, 20, 15)), MemoryAction::kEmptyCache);
  EXPECT_EQ(watch.look(percent(80, 20, 15)), MemoryAction::kNone);
  EXPECT_EQ(watch.look(percent(90)), MemoryAction::kSmallerParts);
  EXPECT_EQ(watch.look(percent(90)), MemoryAction::kSmallerParts);
}

TEST(MemoryWatch, EmptiesTheCacheAgainAfterAHundredStepsIfItIsWorthIt) {
  MemoryWatch watch;
  int emptied = 0;
  for (int step = 0; step < 250; ++step)
    if (watch.look(percent(80, 20, 15)) == MemoryAction::kEmptyCache) ++emptied;
  EXPECT_EQ(emptied, 3);
  for (int step = 0; step < 250; ++step) EXPECT_EQ(watch.look(percent(80, 20, 5)), MemoryAction::kNone);
}

TEST(MemoryWatch, MakesNoPartsSmallerForWhatOthersHold) {
  MemoryWatch watch;
  EXPECT_NE(watch.look(percent(95, 90)), MemoryAction::kSmallerParts);
  EXPECT_EQ(watch.look(percent(95, 60)), MemoryAction::kSmallerParts);
}

TEST(MemoryWatch, DoesNotFlap) {
  // Long and short batches in turns at a border.
  MemoryWatch watch;
  watch.look(percent(76));
  int changes = 0;
  for (int step = 0; step < 1000; ++step) {
    const MemoryLevel before = watch.level();
    watch.look(percent(step % 7 == 0 ? 76 : 68));
    if (watch.level() != before) ++changes;
  }
  EXPECT_EQ(changes, 0);
  // Just below the border is not calm enough, well below it is, after a while.
  for (int step = 0; step < 100; ++step) watch.look(percent(72));
  EXPECT_EQ(watch.level(), MemoryLevel::kHigh);
  for (int step = 0; step < 19; ++step) watch.look(percent(40));
  EXPECT_EQ(watch.level(), MemoryLevel::kHigh);
  watch.look(percent(40));
  EXPECT_EQ(watch.level(), MemoryLevel::kLow);
}

TEST(MemoryWatch, WithoutFiguresIsLow) {
  MemoryWatch watch;
  EXPECT_EQ(watch.look({}), MemoryAction::kNone);
  EXPECT_EQ(watch.level(), MemoryLevel::kLow);
}

}  // namespace
}  // namespace vits::train
