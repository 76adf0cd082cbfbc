// How many shapes a card meets, and what they cost.
#include "vits/data/padded_shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <set>

#include "vits/data/sampler.h"

namespace {

using vits::data::PaddedShapes;

TEST(PaddedShapes, LieFurtherApartWhereClipsAreLonger) {
  const PaddedShapes card(0);
  EXPECT_EQ(card.frames(81), 88);
  EXPECT_EQ(card.frames(88), 88);
  EXPECT_EQ(card.frames(319), 320);
  EXPECT_EQ(card.frames(321), 336);
  EXPECT_EQ(card.frames(641), 672);
  EXPECT_EQ(card.frames(5000), 5120);
  EXPECT_EQ(PaddedShapes(1).frames(81), 81);
  EXPECT_EQ(PaddedShapes(16).frames(81), 96);
}

TEST(PaddedShapes, HaveRoomForTheLongestTextThatABatchOfThemCanHold) {
  PaddedShapes card(0), none(1);
  for (PaddedShapes* shapes : {&card, &none}) {
    shapes->add(85, 33);
    shapes->add(100, 50);
    shapes->add(200, 41);
  }
  EXPECT_EQ(card.tokens(88, 20), 40);
  EXPECT_EQ(card.tokens(104, 20), 56);
  EXPECT_EQ(card.tokens(200, 20), 56);
  EXPECT_EQ(none.tokens(104, 20), 20);
}

// Clips as Common Voice has of a middling language: 4 s on average, 1.5 s standard deviation, up to 12 s; 13 letters a
// second, faster and slower speakers among them.
TEST(PaddedShapes, AreFewAndCostLittle) {
  constexpr size_t kClips = 42139;
  std::mt19937 random(7);
  const double spread = std::sqrt(std::log(1.0 + 1.5 * 1.5 / 16.0));
  std::lognormal_distribution<double> seconds(std::log(4.0) - spread * spread / 2.0, spread);
  std::normal_distribution<double> letters_a_second(13.0, 2.5);
  std::vector<int64_t> frames, tokens, numbers(kClips);
  PaddedShapes shapes(0);
  for (size_t clip = 0; clip < kClips; ++clip) {
    const double length = std::clamp(seconds(random), 1.0, 12.0);
    frames.push_back(static_cast<int64_t>(length * 62.5));
    tokens.push_back(2 * static_cast<int64_t>(length * std::clamp(letters_a_second(random), 6.0, 22.0)) + 1);
    shapes.add(frames.back(), tokens.back());
  }
  std::iota(numbers.begin(), numbers.end(), 0);
  const vits::data::Sampler sampler(numbers, frames, 62.5, {.batch_size = 8}, 1);

  std::set<std::pair<int64_t, int64_t>> met;
  int64_t padded = 0, real = 0, padded_tokens = 0, real_tokens = 0;
  for (int64_t epoch = 0; epoch < 3; ++epoch)
    for (const auto& batch : sampler.epoch(epoch)) {
      int64_t longest = 0, longest_text = 0;
      for (const int64_t clip : batch) {
        longest = std::max(longest, frames[static_cast<size_t>(clip)]);
        longest_text = std::max(longest_text, tokens[static_cast<size_t>(clip)]);
        real += frames[static_cast<size_t>(clip)];
        real_tokens += tokens[static_cast<size_t>(clip)];
      }
      const int64_t F = shapes.frames(longest), T = shapes.tokens(F, longest_text);
      EXPECT_GE(T, longest_text);
      met.insert({F, T});
      padded += 8 * F;
      padded_tokens += 8 * T;
    }
  const double share = 1.0 - static_cast<double>(real) / static_cast<double>(padded);
  std::printf("%zu shapes, %.2f %% of the frames and %.1f %% of the tokens are padding\n", met.size(), 100 * share,
              100 * (1.0 - static_cast<double>(real_tokens) / static_cast<double>(padded_tokens)));
  EXPECT_LT(share, 0.03);
  EXPECT_LT(met.size(), 64u);
}

}  // namespace
