// The order of training.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <set>

#include "vits/data/sampler.h"

namespace {

using vits::data::BatchOptions;
using vits::data::ClipNumbers;
using vits::data::Sampler;

constexpr double kFramesPerSecond = 62.5;

// Lengths as Common Voice has them: log-normal, 4 s on average, 1.5 s standard deviation.
std::vector<int64_t> usual_lengths(size_t count) {
  std::mt19937 random(7);
  const double spread = std::sqrt(std::log(1.0 + 1.5 * 1.5 / 16.0));
  std::lognormal_distribution<double> seconds(std::log(4.0) - spread * spread / 2.0, spread);
  std::vector<int64_t> frames;
  for (size_t i = 0; i < count; ++i) frames.push_back(static_cast<int64_t>(seconds(random) * kFramesPerSecond));
  return frames;
}

ClipNumbers numbers(size_t count, int64_t first = 0) {
  ClipNumbers clips(count);
  std::iota(clips.begin(), clips.end(), first);
  return clips;
}

Sampler sampler(size_t clips, const BatchOptions& options, int64_t seed = 1) {
  return {numbers(clips), usual_lengths(clips), kFramesPerSecond, options, seed};
}

std::vector<int64_t> flat(const std::vector<ClipNumbers>& batches) {
  std::vector<int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

TEST(Sampler, OrderDependsOnSeedAndEpochAlone) {
  const auto first = sampler(1000, {}).epoch(3);
  EXPECT_EQ(sampler(1000, {}).epoch(3), first);
  EXPECT_NE(sampler(1000, {}).epoch(4), first);
  EXPECT_NE(sampler(1000, {}, 2).epoch(3), first);
  EXPECT_NE(sampler(1000, {}, 3).epoch(1), sampler(1000, {}, 1).epoch(3));
}

// Whatever the compiler and its library: a checkpoint goes on elsewhere.
TEST(Sampler, OrderIsTheSameOnEveryMachine) {
  const Sampler small(numbers(7), {5, 3, 9, 1, 7, 2, 8}, 1.0, {.batch_size = 2}, 1);
  EXPECT_EQ(small.epoch(0), (std::vector<ClipNumbers>{{4, 6}, {3, 5}, {1, 0}}));
}

TEST(Sampler, TakesEachClipOnceAndLeavesOtherClipsOutEachTime) {
  const Sampler order = sampler(1003, {.batch_size = 8});
  std::set<int64_t> left_out;
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    const auto batches = order.epoch(epoch);
    EXPECT_EQ(batches.size(), 125u);
    for (const auto& batch : batches) EXPECT_EQ(batch.size(), 8u);
    const auto all = flat(batches);
    const std::set<int64_t> once(all.begin(), all.end());
    EXPECT_EQ(once.size(), 1000u);
    for (int64_t clip = 0; clip < 1003; ++clip)
      if (!once.count(clip)) left_out.insert(clip);
  }
  EXPECT_GT(left_out.size(), 40u);
}

// As many clips as Common Voice has of a middling language.
TEST(Sampler, PutsClipsOfSimilarLengthTogether) {
  const auto share = [](const BatchOptions& options) {
    const double padding = sampler(42139, options).padding_share(0);
    std::printf("batches of %s, by length %s: %.2f %% padding\n", options.batch_seconds > 0 ? "32 seconds" : "8 clips",
                options.length_buckets ? "yes" : "no", 100 * padding);
    return padding;
  };
  EXPECT_LT(share({.batch_size = 8}), 0.03);
  EXPECT_GT(share({.batch_size = 8, .length_buckets = false}), 0.25);
  EXPECT_LT(share({.batch_seconds = 32.0}), 0.03);
}

TEST(Sampler, LongAndShortBatchesComeMixed) {
  const auto lengths = usual_lengths(8000);
  const auto batches = sampler(8000, {.batch_size = 8}).epoch(0);
  // Each hundredth of an epoch is about as long as the next: sorted, they would differ tenfold.
  std::vector<int64_t> parts;
  for (size_t begin = 0; begin + 100 <= batches.size(); begin += 100) {
    int64_t frames = 0;
    for (size_t b = begin; b < begin + 100; ++b)
      for (const int64_t clip : batches[b]) frames += lengths[static_cast<size_t>(clip)];
    parts.push_back(frames);
  }
  const auto [least, most] = std::minmax_element(parts.begin(), parts.end());
  EXPECT_LT(static_cast<double>(*most), 1.3 * static_cast<double>(*least));
}

TEST(Sampler, BatchesBySecondsHoldEveryClipAndNoMoreThanTheSeconds) {
  auto lengths = usual_lengths(999);
  lengths.push_back(4000);  // 64 s: alone, for it fits nowhere
  for (const bool buckets : {true, false}) {
    const Sampler order(numbers(1000), lengths, kFramesPerSecond, {.batch_seconds = 30.0, .length_buckets = buckets},
                        1);
    const auto batches = order.epoch(0);
    for (const auto& batch : batches) {
      int64_t longest = 0;
      for (const int64_t clip : batch) longest = std::max(longest, lengths[static_cast<size_t>(clip)]);
      if (batch.size() > 1) {
        EXPECT_LE(longest * static_cast<int64_t>(batch.size()), 30 * 62.5);
      }
    }
    auto all = flat(batches);
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, numbers(1000));
  }
}

TEST(Sampler, OneBatchOfAllWhenThereAreFewerClipsThanABatchHolds) {
  const auto batches = Sampler(numbers(3, 10), {4, 5, 6}, kFramesPerSecond, {.batch_size = 8}, 1).epoch(0);
  ASSERT_EQ(batches.size(), 1u);
  auto batch = batches[0];
  std::sort(batch.begin(), batch.end());
  EXPECT_EQ(batch, numbers(3, 10));
  EXPECT_TRUE(Sampler({}, {}, kFramesPerSecond, {}, 1).epoch(0).empty());
}

TEST(InOrder, KeepsTheOrderAndEndsWithTheRest) {
  EXPECT_EQ(vits::data::in_order({4, 2, 9, 1, 7}, 2), (std::vector<ClipNumbers>{{4, 2}, {9, 1}, {7}}));
  EXPECT_TRUE(vits::data::in_order({}, 2).empty());
}

}  // namespace
