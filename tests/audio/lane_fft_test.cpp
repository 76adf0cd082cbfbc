#include "vits/audio/lane_fft.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vits::audio {
namespace {

TEST(LaneFft, GivesEachLaneThePowerThatRealFftGives) {
  for (const size_t samples : {2, 4, 8, 16, 32, 64, 1024, 400, 90}) {
    LaneFft lanes(samples);
    RealFft one(samples);
    std::vector<Lanes> wave(samples), power(lanes.bins());
    uint32_t state = 1;
    for (auto& sample : wave) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        state = state * 1664525u + 1013904223u;
        sample[lane] = static_cast<float>(state >> 8) / 16777216.0f - 0.5f;
      }
    }
    lanes.power(wave, power);
    for (size_t lane = 0; lane < kLanes; ++lane) {
      std::vector<float> piece(samples), expected(one.bins());
      for (size_t n = 0; n < samples; ++n) piece[n] = wave[n][lane];
      one.power(piece, expected);
      const float most = *std::max_element(expected.begin(), expected.end());
      for (size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(power[k][lane], expected[k], 2e-6f * most) << samples;
    }
  }
}

}  // namespace
}  // namespace vits::audio
