#include "vits/audio/trim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace vits::audio {
namespace {

constexpr int64_t kRate = 16000;

// Silence with a hum of -60 dB, and a tone from `begin` to `end`.
std::vector<float> recording(int64_t total, int64_t begin, int64_t end, double level = 0.5) {
  std::vector<float> samples(static_cast<size_t>(total));
  for (int64_t i = 0; i < total; ++i)
    samples[static_cast<size_t>(i)] =
        static_cast<float>((i >= begin && i < end ? level : level / 1000.0) * std::sin(0.3 * static_cast<double>(i)));
  return samples;
}

TEST(SoundingPart, HoldsTheToneAndLittleElse) {
  for (const int64_t begin : {0, 1, 399, 5000, 12'345})
    for (const int64_t length : {800, 4000, 16'001}) {
      const Span part = sounding_part(recording(30'000, begin, begin + length), kRate);
      EXPECT_LE(part.begin_sample, begin);
      EXPECT_GT(part.begin_sample, begin - 400);  // a frame
      EXPECT_GE(part.end_sample, std::min<int64_t>(begin + length, 30'000));
      EXPECT_LE(part.end_sample, std::min<int64_t>(begin + length + 400, 30'000));
    }
}

TEST(SoundingPart, DoesNotDependOnTheLevel) {
  const Span loud = sounding_part(recording(30'000, 9000, 20'000, 0.9), kRate);
  const Span soft = sounding_part(recording(30'000, 9000, 20'000, 0.001), kRate);
  EXPECT_EQ(loud.begin_sample, soft.begin_sample);
  EXPECT_EQ(loud.end_sample, soft.end_sample);
}

TEST(SoundingPart, TakesMoreWithAHigherThreshold) {
  auto samples = recording(32'000, 8000, 24'000);
  for (int64_t i = 2000; i < 30'000; ++i)
    if (i < 8000 || i >= 24'000) samples[static_cast<size_t>(i)] *= 30.0f;  // 30 dB down
  const Span narrow = sounding_part(samples, kRate, 20.0), middle = sounding_part(samples, kRate, 40.0),
             all = sounding_part(samples, kRate, 80.0);
  EXPECT_GT(narrow.begin_sample, middle.begin_sample);
  EXPECT_LT(narrow.end_sample, middle.end_sample);
  EXPECT_EQ(all.begin_sample, 0);
  EXPECT_EQ(all.end_sample, 32'000);
}

TEST(SoundingPart, IsEmptyForSilenceAndWholeForAClick) {
  EXPECT_TRUE(sounding_part({}, kRate).empty());
  EXPECT_TRUE(sounding_part(std::vector<float>(5000, 0.0f), kRate).empty());
  const Span click = sounding_part(std::vector<float>{0.1f, 0.2f, 0.1f}, kRate);
  EXPECT_EQ(click.begin_sample, 0);
  EXPECT_EQ(click.end_sample, 3);
}

TEST(Widened, StaysWithinTheRecording) {
  const auto expect = [](Span part, double seconds, int64_t begin, int64_t end) {
    const Span wide = widened(part, seconds, kRate, 20'000);
    EXPECT_EQ(wide.begin_sample, begin);
    EXPECT_EQ(wide.end_sample, end);
  };
  expect({5000, 9000}, 0.1, 3400, 10'600);
  expect({5000, 9000}, 0.0, 5000, 9000);
  expect({1000, 19'000}, 1.0, 0, 20'000);
}

TEST(QuietestNear, FindsThePauseWithinReachAndNotBeyond) {
  auto samples = recording(48'000, 0, 48'000);
  const auto silence = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) samples[static_cast<size_t>(i)] *= 0.01f;
  };
  silence(20'000, 22'000);
  silence(40'000, 46'000);
  const int64_t near = quietest_near(samples, kRate, 24'000, 0.5);
  EXPECT_GE(near, 20'200);
  EXPECT_LE(near, 21'800);
  EXPECT_GE(quietest_near(samples, kRate, 39'000, 0.5), 40'200);
  EXPECT_LE(std::abs(quietest_near(samples, kRate, 10'000, 0.2) - 10'000), 3200);
}

TEST(QuietestNear, OfEquallyQuietPlacesTakesTheNearest) {
  const std::vector<float> silence(16'000, 0.0f);
  EXPECT_NEAR(static_cast<double>(quietest_near(silence, kRate, 8000, 0.25)), 8000.0, 16.0);
  EXPECT_EQ(quietest_near(std::vector<float>(100, 0.0f), kRate, 70, 0.25), 70);
  EXPECT_EQ(quietest_near({}, kRate, 70, 0.25), 0);
  const int64_t last = quietest_near(silence, kRate, 99'999, 0.25);
  EXPECT_GE(last, 0);
  EXPECT_LE(last, 16'000);
}

}  // namespace
}  // namespace vits::audio
