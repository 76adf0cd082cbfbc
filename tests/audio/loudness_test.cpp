#include "vits/audio/loudness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "support/support.h"
#include "vits/base/files.h"

namespace vits::audio {
namespace {

double decibels(double value) { return 20.0 * std::log10(value); }

std::vector<float> tone(double hz, double level, int64_t rate, double seconds) {
  std::vector<float> samples(static_cast<size_t>(seconds * static_cast<double>(rate)));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(
        level * std::sin(2.0 * std::numbers::pi * hz * static_cast<double>(i) / static_cast<double>(rate)));
  return samples;
}

// At low rates pyloudnorm's shelf is another one than the standard's, and ffmpeg, which works at 48 kHz, the judge.
TEST(Loudness, EqualsPyloudnormAndFfmpeg) {
  const auto folder = support::reference_data("loudness", "tests/audio/loudness_reference.py", {});
  double from_python = 0.0, from_ffmpeg = 0.0, from_ffmpeg_peak = 0.0;
  for (const auto& clip : nlohmann::json::parse(base::read_file(folder / "list.json"))) {
    const std::string name = clip[0], bytes = base::read_file(folder / name);
    std::vector<float> samples(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
    const int64_t rate = clip[1];
    const double loudness = loudness_lufs(samples, rate), peak = decibels(true_peak(samples));
    if (rate >= 16000) {
      EXPECT_NEAR(loudness, clip[2].get<double>(), 0.2) << name;
      from_python = std::max(from_python, std::abs(loudness - clip[2].get<double>()));
    }
    EXPECT_NEAR(loudness, clip[3].get<double>(), 0.2) << name;
    from_ffmpeg = std::max(from_ffmpeg, std::abs(loudness - clip[3].get<double>()));
    EXPECT_NEAR(peak, clip[4].get<double>(), 0.3) << name;
    from_ffmpeg_peak = std::max(from_ffmpeg_peak, std::abs(peak - clip[4].get<double>()));
  }
  std::printf("at most %.3f LU from pyloudnorm from 16 kHz on, %.2f LU and a peak of %.2f dB from ffmpeg\n",
              from_python, from_ffmpeg, from_ffmpeg_peak);
}

// The standard's own check: 997 Hz at full scale in one channel is -3.01 LUFS, at any rate.
TEST(Loudness, OfTheReferenceToneIsWhatTheStandardSays) {
  for (const int64_t rate : {8000, 11025, 16000, 22050, 48000, 192000})
    EXPECT_NEAR(loudness_lufs(tone(997.0, std::pow(10.0, -23.0 / 20.0), rate, 2.0), rate), -26.01, 0.05) << rate;
}

TEST(Loudness, FollowsTheGain) {
  auto samples = tone(300.0, 0.1, 16000, 1.0);
  const double before = loudness_lufs(samples, 16000);
  for (float& sample : samples) sample *= 2.0f;
  EXPECT_NEAR(loudness_lufs(samples, 16000) - before, decibels(2.0), 1e-4);
}

TEST(Loudness, LeavesPausesOut) {
  const auto spoken = tone(500.0, 0.2, 16000, 4.0);
  auto with_pause = spoken;
  with_pause.resize(spoken.size() * 4, 0.0f);
  EXPECT_NEAR(loudness_lufs(with_pause, 16000), loudness_lufs(spoken, 16000), 0.3);
}

TEST(Loudness, OfSilenceIsMinusInfinityAndOfAShortClipItsOwn) {
  EXPECT_EQ(loudness_lufs({}, 16000), -INFINITY);
  EXPECT_EQ(loudness_lufs(std::vector<float>(16000, 0.0f), 16000), -INFINITY);
  EXPECT_EQ(loudness_lufs(std::vector<float>(100, 0.0f), 16000), -INFINITY);
  EXPECT_NEAR(loudness_lufs(tone(997.0, 0.1, 16000, 0.3), 16000), loudness_lufs(tone(997.0, 0.1, 16000, 3.0), 16000),
              0.2);
  EXPECT_TRUE(std::isfinite(loudness_lufs(std::vector<float>{0.5f}, 16000)));
}

// The sound is heard in stretches side by side; one walk through it with the filters that the standard lists for 48 kHz
// must give the same.
TEST(Loudness, EqualsOneWalkWithTheStandardsFilters) {
  uint32_t state = 3;
  std::vector<float> samples(48000 * 3 + 1234);
  for (size_t i = 0; i < samples.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    const float level = i / 20000 % 2 ? 0.5f : 0.25f;  // loud and soft by turns, so that a wrong beginning would show
    samples[i] = level * (static_cast<float>(state >> 8) / 16777216.0f - 0.5f) + 0.2f * level;
  }
  double x1 = 0, x2 = 0, u1 = 0, u2 = 0, y1 = 0, y2 = 0;
  std::vector<double> tenths(samples.size() / 4800 + 1);
  for (size_t i = 0; i < samples.size(); ++i) {
    const double x = samples[i];
    const double u = 1.53512485958697 * x - 2.69169618940638 * x1 + 1.19839281085285 * x2 + 1.69065929318241 * u1
                     - 0.73248077421585 * u2;
    const double y = u - 2.0 * u1 + u2 + 1.99004745483398 * y1 - 0.99007225036621 * y2;
    x2 = x1;
    x1 = x;
    u2 = u1;
    u1 = u;
    y2 = y1;
    y1 = y;
    tenths[i / 4800] += y * y;
  }
  double sum = 0.0;
  const int64_t blocks = static_cast<int64_t>(tenths.size()) - 4;  // the last tenth is not whole
  for (int64_t i = 0; i < blocks; ++i) sum += (tenths[i] + tenths[i + 1] + tenths[i + 2] + tenths[i + 3]) / 19200.0;
  // No block is so soft that a gate leaves it out.
  EXPECT_NEAR(loudness_lufs(samples, 48000), -0.691 + 10.0 * std::log10(sum / static_cast<double>(blocks)), 1e-4);
}

TEST(TruePeak, FindsThePeakBetweenSamples) {
  EXPECT_EQ(true_peak({}), 0.0);
  EXPECT_EQ(true_peak(std::vector<float>{-0.75f}), 0.75);
  // 45 degrees off: every sample is at 0.707 of the peak.
  std::vector<float> samples;
  for (int i = 0; i < 4000; ++i)
    samples.push_back(static_cast<float>(0.5 * std::sin(std::numbers::pi / 2.0 * i + std::numbers::pi / 4.0)));
  EXPECT_NEAR(decibels(true_peak(samples) / 0.5), 0.0, 0.1);
}

// A peak stands anywhere; the parts that cannot hold a new one are passed over, which must not change the answer.
TEST(TruePeak, EqualsALongSincEverywhere) {
  uint32_t state = 1;
  const auto random = [&] {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) / 16777216.0f - 0.5f;
  };
  for (int clip = 0; clip < 20; ++clip) {
    std::vector<float> raw(600), samples(600);
    const int64_t loud = 30 + 27 * clip;
    for (int64_t i = 0; i < 600; ++i) raw[i] = random() * (std::abs(i - loud) < 25 ? 1.0f : 0.3f);
    for (size_t i = 1; i + 1 < 600; ++i) samples[i] = 0.5f * raw[i] + 0.25f * (raw[i - 1] + raw[i + 1]);
    double expected = 0.0;
    for (int place = 0; place < 600 * 4; ++place) {
      double sum = 0.0;
      for (int i = 0; i < 600; ++i) {
        const double turn = std::numbers::pi * (place / 4.0 - i);
        sum += samples[i] * (turn == 0.0 ? 1.0 : std::sin(turn) / turn);
      }
      expected = std::max(expected, std::abs(sum));
    }
    EXPECT_NEAR(decibels(true_peak(samples) / expected), 0.0, 0.05);
  }
}

}  // namespace
}  // namespace vits::audio
