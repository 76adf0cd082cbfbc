#include "vits/speaker/voice_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vits::speaker {
namespace {

// Two voices with small differences between their clips.
std::vector<Embedding> two_voices() {
  std::vector<Embedding> voices(24, Embedding{});
  for (size_t clip = 0; clip < voices.size(); ++clip) {
    voices[clip][clip % 2] = 1.0f;
    voices[clip][2 + clip] = 0.3f;
    for (float& number : voices[clip]) number /= std::sqrt(1.09f);
  }
  return voices;
}

double distance(const std::array<double, 2>& a, const std::array<double, 2>& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1]);
}

TEST(VoiceMap, PutsClipsOfAVoiceTogetherAndVoicesApart) {
  const auto map = voice_map(two_voices());
  double within = 0.0, between = 0.0;  // sums over 132 and 144 pairs
  for (size_t a = 0; a < map.size(); ++a) {
    for (size_t b = 0; b < a; ++b) (a % 2 == b % 2 ? within : between) += distance(map[a], map[b]);
  }
  EXPECT_GT(between / 144.0, 2.0 * within / 132.0);
}

TEST(VoiceMap, IsTheSameEveryTimeAndFiniteForAnyNumberOfVoices) {
  EXPECT_EQ(voice_map(two_voices()), voice_map(two_voices()));
  for (const size_t count : {0u, 1u, 3u, 4u, 7u}) {
    const auto map = voice_map(std::vector<Embedding>(count, two_voices()[0]));
    ASSERT_EQ(map.size(), count);
    for (const auto& place : map) EXPECT_TRUE(std::isfinite(place[0]) && std::isfinite(place[1]));
  }
}

}  // namespace
}  // namespace vits::speaker
