#include "block_resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "filter_bank.h"

namespace vits::audio {
namespace {

std::vector<float> hiss(int64_t count) {
  std::mt19937 random(9);
  std::vector<float> samples(count);
  for (float& sample : samples) sample = static_cast<float>(random()) / 4294967296.0f - 0.5f;
  return samples;
}

// Each output as the sum over its taps; before and behind the samples lies silence.
std::vector<double> filtered(const std::vector<float>& samples, const FilterBank& bank) {
  const auto total = static_cast<int64_t>(samples.size());
  std::vector<double> output((total * bank.up + bank.down - 1) / bank.down);
  for (size_t n = 0; n < output.size(); ++n) {
    const auto at = static_cast<int64_t>(n) * bank.down;
    const float* const row = bank.row(at % bank.up);
    for (int64_t tap = 0; tap < bank.taps; ++tap) {
      const int64_t place = at / bank.up - bank.reach() + tap;
      if (place >= 0 && place < total) output[n] += static_cast<double>(row[tap]) * samples[place];
    }
  }
  return output;
}

// They differ by the filter's answer beyond the Nyquist frequency, -108 dB, which the blocks leave out.
TEST(BlockResampler, EqualsTheFilterBank) {
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{{48000, 16000},
                                                                         {44100, 16000},
                                                                         {32000, 16000},
                                                                         {24000, 16000},
                                                                         {22050, 16000},
                                                                         {8000, 16000},
                                                                         {16000, 22050}}) {
    const auto plan = block_plan(from, to);
    ASSERT_TRUE(plan) << from << " -> " << to;
    const auto samples = hiss(12'345);
    const auto expected = filtered(samples, *filter_bank(from, to));
    BlockResampler resampler(plan);
    std::vector<float> output;
    resampler.add(samples, output);
    resampler.finish(output);
    ASSERT_EQ(output.size(), expected.size());
    double difference = 0.0, power = 0.0;
    for (size_t i = 0; i < output.size(); ++i) {
      difference += std::pow(output[i] - expected[i], 2.0);
      power += std::pow(expected[i], 2.0);
    }
    EXPECT_LT(10.0 * std::log10(difference / power), -110.0) << from << " -> " << to;
  }
}

TEST(BlockResampler, LeavesStrangeRatiosToTheFilterBank) {
  for (const auto& [from, to] :
       std::vector<std::pair<int64_t, int64_t>>{{16001, 16000}, {44100, 44101}, {192000, 4000}})
    EXPECT_FALSE(block_plan(from, to)) << from << " -> " << to;
}

}  // namespace
}  // namespace vits::audio
