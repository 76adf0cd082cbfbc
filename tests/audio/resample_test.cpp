#include "vits/audio/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <random>
#include <thread>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::audio {
namespace {

constexpr auto kBothMethods = {ResampleMethod::kPolyphase, ResampleMethod::kBestSinc};

std::vector<float> noise(size_t count, int seed = 0) {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::vector<float> samples(count);
  for (float& sample : samples) sample = static_cast<float>(random()) / 4294967296.0f - 0.5f;
  return samples;
}

int64_t expected_length(int64_t count, int64_t from, int64_t to) { return (count * to + from - 1) / from; }

double level_decibels(double value) { return 20.0 * std::log10(std::max(value, 1e-12)); }

// A sine whose frequency rises evenly from 0 to half the rate it is made for.
struct Sweep {
  double seconds, highest_hz;
  double at(double second) const { return 0.5 * std::sin(std::numbers::pi * highest_hz / seconds * second * second); }
  double hz(double second) const { return highest_hz * second / seconds; }
};

struct Quality {
  double passband_error = 0.0;  // the largest, as a share of the sweep's amplitude
  double stopband = 0.0;
};

Quality sweep_through(int64_t from, int64_t to, ResampleMethod method) {
  const Sweep sweep{3.0, static_cast<double>(from) / 2.0};
  std::vector<float> samples(static_cast<size_t>(sweep.seconds * static_cast<double>(from)));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(sweep.at(static_cast<double>(i) / static_cast<double>(from)));
  const auto output = resample(samples, from, to, method);
  EXPECT_EQ(static_cast<int64_t>(output.size()), expected_length(static_cast<int64_t>(samples.size()), from, to));

  const double nyquist = static_cast<double>(std::min(from, to)) / 2.0;
  // The filter hears 155 samples of the lower rate at a time, in which the sweep moves on.
  const double smear = 155.0 / (2.0 * nyquist) * sweep.highest_hz / sweep.seconds;
  Quality quality;
  for (size_t i = 0; i < output.size(); ++i) {
    const double second = static_cast<double>(i) / static_cast<double>(to), hz = sweep.hz(second);
    if (second < 0.02 || second > sweep.seconds - 0.02) continue;
    if (hz < 0.91 * nyquist - smear)
      quality.passband_error = std::max(quality.passband_error, 2.0 * std::abs(output[i] - sweep.at(second)));
    else if (hz > nyquist + smear)
      quality.stopband = std::max(quality.stopband, 2.0 * std::abs(static_cast<double>(output[i])));
  }
  return quality;
}

// 0.1 dB would be an error of 1.2 %. Below it holds images, aliases and noise too.
TEST(Resample, SweptSinesKeepTheirLevelAndLeaveNoImages) {
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{{48000, 16000},
                                                                         {44100, 16000},
                                                                         {22050, 16000},
                                                                         {8000, 16000},
                                                                         {11025, 16000},
                                                                         {192000, 16000},
                                                                         {16000, 22050},
                                                                         {16001, 16000}}) {
    const Quality ours = sweep_through(from, to, ResampleMethod::kPolyphase);
    const Quality best = from <= 48000 ? sweep_through(from, to, ResampleMethod::kBestSinc) : Quality{};
    std::printf(
        "%6ld -> %5ld: error up to 0.91 of Nyquist %6.1f dB, beyond Nyquist %6.1f dB; libsamplerate %6.1f, %6.1f\n",
        from, to, level_decibels(ours.passband_error), level_decibels(ours.stopband),
        level_decibels(best.passband_error), level_decibels(best.stopband));
    EXPECT_LT(level_decibels(ours.passband_error), -90.0) << from << " -> " << to;
    EXPECT_LT(level_decibels(ours.stopband), -95.0) << from << " -> " << to;
    EXPECT_LT(level_decibels(best.passband_error), -90.0) << from << " -> " << to;
    EXPECT_LT(level_decibels(best.stopband), -90.0) << from << " -> " << to;
  }
}

double level_of_tone(double hz, int64_t from, int64_t to) {
  std::vector<float> samples(static_cast<size_t>(from));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] =
        static_cast<float>(std::sin(2.0 * std::numbers::pi * hz * static_cast<double>(i) / static_cast<double>(from)));
  const auto output = resample(samples, from, to);
  double power = 0.0;
  const size_t begin = output.size() / 4, end = output.size() * 3 / 4;
  for (size_t i = begin; i < end; ++i) power += static_cast<double>(output[i]) * output[i];
  return 10.0 * std::log10(2.0 * power / static_cast<double>(end - begin) + 1e-20);
}

TEST(Resample, IsFlatUpToTheEdgeAndSilentFromNyquistOn) {
  for (const int64_t from : {48000, 44100, 22050, 192000}) {
    EXPECT_NEAR(level_of_tone(0.91 * 8000, from, 16000), 0.0, 0.1) << from;
    EXPECT_LT(level_of_tone(8001, from, 16000), -95.0) << from;
  }
  for (const int64_t from : {8000, 11025})
    EXPECT_NEAR(level_of_tone(0.91 * static_cast<double>(from) / 2.0, from, 16000), 0.0, 0.1) << from;
}

std::vector<float> read_floats(const std::filesystem::path& path) {
  const std::string bytes = base::read_file(path);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

double decibels_apart(std::span<const float> a, std::span<const float> b) {
  double difference = 0.0, power = 0.0;
  for (size_t i = 200; i + 200 < std::min(a.size(), b.size()); ++i) {  // the noise begins and ends as no filter likes
    difference += std::pow(static_cast<double>(a[i]) - b[i], 2);
    power += std::pow(static_cast<double>(b[i]), 2);
  }
  return 10.0 * std::log10(difference / power);
}

// soxr's own distance from the ideal filter is what remains between it and both of ours.
TEST(Resample, EqualsSoxrHighQuality) {
  const std::vector<std::string> pairs{"48000:16000", "44100:16000", "22050:16000", "8000:16000", "11025:16000"};
  const auto folder = support::reference_data("resample", "tests/audio/resample_reference.py", pairs);
  for (const auto& pair : pairs) {
    const int64_t from = std::stol(pair), to = std::stol(pair.substr(pair.find(':') + 1));
    const std::string name = std::to_string(from) + "_" + std::to_string(to);
    const auto input = read_floats(folder / (name + ".in")), soxr = read_floats(folder / (name + ".out"));
    const auto ours = resample(input, from, to), best = resample(input, from, to, ResampleMethod::kBestSinc);
    EXPECT_NEAR(static_cast<double>(ours.size()), static_cast<double>(soxr.size()), 1.0);
    std::printf("%s: polyphase and soxr HQ %.1f dB apart, best sinc and soxr HQ %.1f, polyphase and best sinc %.1f\n",
                pair.c_str(), decibels_apart(ours, soxr), decibels_apart(best, soxr), decibels_apart(ours, best));
    EXPECT_LT(decibels_apart(ours, best), -95.0) << pair;
    EXPECT_LT(decibels_apart(ours, soxr), -70.0) << pair;
    EXPECT_NEAR(decibels_apart(ours, soxr), decibels_apart(best, soxr), 15.0) << pair;
  }
}

TEST(Resample, PiecesEqualTheWhole) {
  for (const auto method : kBothMethods)
    for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
             {48000, 16000}, {22050, 16000}, {8000, 16000}, {44100, 44101}, {16001, 16000}, {16000, 16000}}) {
      const auto samples = noise(70'001);
      const auto whole = resample(samples, from, to, method);
      EXPECT_EQ(static_cast<int64_t>(whole.size()), expected_length(70'001, from, to));
      for (const size_t first : {1, 777, 40'000}) {
        Resampler resampler(from, to, method);
        std::vector<float> pieces;
        size_t size = first;
        for (size_t at = 0; at < samples.size(); size = size * 31 % 9001 + 1) {
          const size_t count = std::min(size, samples.size() - at);
          resampler.add(std::span(samples).subspan(at, count), pieces);
          at += count;
        }
        resampler.finish(pieces);
        EXPECT_TRUE(pieces == whole) << from << " -> " << to;
      }
    }
}

TEST(Resample, LengthIsRoundedUpForAnyLength) {
  for (const auto method : kBothMethods)
    for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
             {48000, 16000}, {22050, 16000}, {8000, 48000}, {192000, 4000}, {4000, 192000}, {44100, 22050}})
      for (const int64_t count : {0, 1, 2, 3, 10, 441, 1000, 9999})
        EXPECT_EQ(static_cast<int64_t>(resample(noise(static_cast<size_t>(count)), from, to, method).size()),
                  expected_length(count, from, to))
            << count << " samples, " << from << " -> " << to;
}

// An impulse at a time that both rates have stays at that time, and a constant stays what it is.
TEST(Resample, HasNoDelayAndAGainOfOne) {
  for (const auto method : kBothMethods) {
    std::vector<float> impulse(22050, 0.0f);
    impulse[11025] = 1.0f;
    const auto output = resample(impulse, 22050, 16000, method);
    EXPECT_EQ(std::max_element(output.begin(), output.end()) - output.begin(), 8000);
    const auto constant = resample(std::vector<float>(22050, 0.25f), 22050, 16000, method);
    EXPECT_NEAR(constant[8000], 0.25, 1e-6);
  }
}

TEST(Resample, IsTheSameOnSeveralThreads) {
  const auto samples = noise(44'100);
  const auto expected = resample(samples, 44'100, 17'321);
  std::vector<std::vector<float>> outputs(4);
  {
    std::vector<std::jthread> threads;
    for (auto& output : outputs) threads.emplace_back([&] { output = resample(samples, 44'100, 17'321); });
  }
  for (const auto& output : outputs) EXPECT_TRUE(output == expected);
}

TEST(Resample, RefusesRatesThatAreNone) {
  EXPECT_THROW(Resampler(0, 16000), Error);
  EXPECT_THROW(Resampler(16000, -1), Error);
}

}  // namespace
}  // namespace vits::audio
