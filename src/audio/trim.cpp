#include "vits/audio/trim.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vits::audio {

namespace {

constexpr double kFrameSeconds = 0.025, kStepSeconds = 0.01;

int64_t samples_in(double seconds, int64_t sample_rate_hz) {
  return std::max<int64_t>(1, std::llround(seconds * static_cast<double>(sample_rate_hz)));
}

double power(std::span<const float> samples) {
  double sum = 0.0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0.0 : sum / static_cast<double>(samples.size());
}

// The mean power of each frame; the last one may be shorter, so that every sample is heard.
std::vector<double> frame_powers(std::span<const float> samples, int64_t frame_samples, int64_t step_samples) {
  std::vector<double> powers;
  const auto total = static_cast<int64_t>(samples.size());
  for (int64_t begin = 0; begin < total; begin += step_samples) {
    powers.push_back(power(samples.subspan(begin, std::min(frame_samples, total - begin))));
    if (begin + frame_samples >= total) break;
  }
  return powers;
}

}  // namespace

Span sounding_part(std::span<const float> samples, int64_t sample_rate_hz, double top_db) {
  const int64_t frame = samples_in(kFrameSeconds, sample_rate_hz), step = samples_in(kStepSeconds, sample_rate_hz);
  const std::vector<double> powers = frame_powers(samples, frame, step);
  const double loudest = powers.empty() ? 0.0 : *std::max_element(powers.begin(), powers.end());
  if (loudest <= 0.0) return {};
  const double least = loudest * std::pow(10.0, -top_db / 10.0);
  const auto sounds = [least](double value) { return value > least; };
  const auto first = std::find_if(powers.begin(), powers.end(), sounds) - powers.begin();
  const auto last = powers.rend() - std::find_if(powers.rbegin(), powers.rend(), sounds) - 1;
  return {first * step, std::min<int64_t>(last * step + frame, static_cast<int64_t>(samples.size()))};
}

Span widened(Span part, double kept_seconds, int64_t sample_rate_hz, int64_t total_samples) {
  const int64_t kept = std::llround(kept_seconds * static_cast<double>(sample_rate_hz));
  return {std::max<int64_t>(0, part.begin_sample - kept), std::min(total_samples, part.end_sample + kept)};
}

int64_t quietest_near(std::span<const float> samples, int64_t sample_rate_hz, int64_t around_sample,
                      double reach_seconds) {
  const auto total = static_cast<int64_t>(samples.size());
  const int64_t around = std::clamp<int64_t>(around_sample, 0, total);
  const int64_t reach = std::llround(reach_seconds * static_cast<double>(sample_rate_hz));
  const int64_t begin = std::max<int64_t>(0, around - reach), end = std::min(total, around + reach);
  const int64_t frame = samples_in(kFrameSeconds, sample_rate_hz);
  if (end - begin < frame) return around;
  // A step of 1 ms: a cut need not be finer.
  const int64_t step = samples_in(0.001, sample_rate_hz);
  int64_t quietest = around;
  double least = INFINITY;
  for (int64_t at = begin; at + frame <= end; at += step) {
    const double here = power(samples.subspan(at, frame));
    const int64_t middle = at + frame / 2;
    // Of equally quiet places the nearest.
    if (here < least || (here == least && std::abs(middle - around) < std::abs(quietest - around))) {
      least = here;
      quietest = middle;
    }
  }
  return quietest;
}

}  // namespace vits::audio
