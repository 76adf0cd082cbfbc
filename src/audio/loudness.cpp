#include "vits/audio/loudness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "vector_clones.h"

namespace vits::audio {

namespace {

// A filter of second order, y = (b0 + b1 z + b2 z^2) / (1 + a1 z + a2 z^2).
struct Biquad {
  double b0, b1, b2, a1, a2;
};

// The standard lists coefficients for 48 kHz alone. These are the analogue filters behind them, mapped to the rate by
// the bilinear transform: the middle frequency, the quality and the gain that give the listed coefficients back.
Biquad head_shelf(double rate_hz) {
  const double k = std::tan(std::numbers::pi * 1681.974450955533 / rate_hz), quality = 0.7071752369554196;
  const double high = std::pow(10.0, 3.999843853973347 / 20.0), band = std::pow(high, 0.4996667741545416);
  const double a0 = 1.0 + k / quality + k * k;
  return {(high + band * k / quality + k * k) / a0, 2.0 * (k * k - high) / a0, (high - band * k / quality + k * k) / a0,
          2.0 * (k * k - 1.0) / a0, (1.0 - k / quality + k * k) / a0};
}

Biquad low_cut(double rate_hz) {
  const double k = std::tan(std::numbers::pi * 38.13547087602444 / rate_hz), quality = 0.5003270373238773;
  const double a0 = 1.0 + k / quality + k * k;
  return {1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / quality + k * k) / a0};
}

// Four stretches of a sound side by side, each in a lane: one alone would wait for each output before the next.
constexpr int kStretches = 4;
using Stretches = double __attribute__((vector_size(kStretches * sizeof(double))));

// What the filters remember: the last two values of the sound, behind the shelf and behind both, the newest first.
struct Heard {
  Stretches sound[2] = {}, shelved[2] = {}, cut[2] = {};
};

// The energies of the next `count` samples behind both filters. The same products and sums in any width of registers
// (AVX2 without FMA), so that all processors agree.
VITS_WITH_AVX2 void hear(const Biquad& shelf, const Biquad& cut, const float* const* from, int64_t count, Heard& heard,
                         double* energies) {
  Stretches x1 = heard.sound[0], x2 = heard.sound[1], u1 = heard.shelved[0], u2 = heard.shelved[1], y1 = heard.cut[0],
            y2 = heard.cut[1], energy = {};
  for (int64_t i = 0; i < count; ++i) {
    const Stretches x = {from[0][i], from[1][i], from[2][i], from[3][i]};
    // The newest output last: the next sample waits for one product and one difference.
    const Stretches u = (shelf.b0 * x + (shelf.b1 * x1 + (shelf.b2 * x2 - shelf.a2 * u2))) - shelf.a1 * u1;
    const Stretches y = (cut.b0 * u + (cut.b1 * u1 + (cut.b2 * u2 - cut.a2 * y2))) - cut.a1 * y1;
    energy += y * y;
    x2 = x1;
    x1 = x;
    u2 = u1;
    u1 = u;
    y2 = y1;
    y1 = y;
  }
  heard = {{x1, x2}, {u1, u2}, {y1, y2}};
  std::memcpy(energies, &energy, sizeof energy);
}

// The energy of each whole tenth of a second; of less than a block's four one energy of all. A stretch begins two
// tenths early, in which the low cut (a double pole at 38 Hz) forgets the rest of the sound to 1e-20.
std::vector<double> energies_of_tenths(std::span<const float> samples, int64_t sample_rate_hz, int64_t tenth) {
  const auto rate = static_cast<double>(sample_rate_hz);
  const Biquad shelf = head_shelf(rate), cut = low_cut(rate);
  Heard heard;
  double energies[kStretches];
  const auto total = static_cast<int64_t>(samples.size()), whole = total / tenth;
  const std::vector<float> silence(static_cast<size_t>(whole < 4 ? total : tenth), 0.0f);
  if (whole < 4) {
    const float* const from[kStretches] = {samples.data(), silence.data(), silence.data(), silence.data()};
    hear(shelf, cut, from, total, heard, energies);
    return {energies[0]};
  }
  constexpr int64_t kEarly = 2;
  const int64_t each = (whole + kStretches - 1) / kStretches;
  std::vector<double> tenths(static_cast<size_t>(each * kStretches));
  for (int64_t step = -kEarly; step < each; ++step) {
    const float* from[kStretches];
    for (int64_t i = 0; i < kStretches; ++i) {
      const int64_t which = i * each + step;
      from[i] = which >= 0 && which < whole ? samples.data() + which * tenth : silence.data();
    }
    hear(shelf, cut, from, tenth, heard, energies);
    for (int64_t i = 0; i < kStretches && step >= 0; ++i) tenths[static_cast<size_t>(i * each + step)] = energies[i];
  }
  tenths.resize(static_cast<size_t>(whole));
  return tenths;
}

double lufs(double power) { return -0.691 + 10.0 * std::log10(power); }

double mean_above(const std::vector<double>& powers, double gate_lufs) {
  double sum = 0.0;
  int64_t count = 0;
  for (const double power : powers) {
    if (power <= 0.0 || lufs(power) <= gate_lufs) continue;
    sum += power;
    ++count;
  }
  return count ? sum / static_cast<double>(count) : 0.0;
}

// The wave between the samples: a low pass of 4 phases with 32 taps each. Phase 0 is the samples themselves.
constexpr int kOversampling = 4, kHalfTaps = 16, kTaps = 2 * kHalfTaps;

struct PeakFilter {
  float phase[kOversampling - 1][kTaps];
  double most_gain = 0.0;  // by which a phase can exceed the largest sample it sees

  PeakFilter() {
    for (int p = 1; p < kOversampling; ++p) {
      double sum = 0.0, gain = 0.0, taps[kTaps];
      for (int i = 0; i < kTaps; ++i) {
        const double at = i - (kHalfTaps - 1) - static_cast<double>(p) / kOversampling;
        const double turn = std::numbers::pi * at;
        const double window = 0.5 + 0.5 * std::cos(turn / kHalfTaps);
        taps[i] = std::sin(turn) / turn * window;
        sum += taps[i];
      }
      for (int i = 0; i < kTaps; ++i) {
        phase[p - 1][i] = static_cast<float>(taps[i] / sum);
        gain += std::abs(taps[i] / sum);
      }
      most_gain = std::max(most_gain, gain);
    }
  }
};

constexpr int64_t kBlock = 64;  // places whose surroundings are looked at together

// between[i] = sum over the taps of taps * seen[i + tap]. Neighbouring sums share a register; each adds its taps in
// their order, products rounded first (AVX2 without FMA), so that all processors agree.
VITS_WITH_AVX2 void interpolate(const float* taps, const float* seen, float* between) {
  constexpr int64_t kLanes = 8;
  using Vector = float __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
  for (int64_t begin = 0; begin < kBlock; begin += 4 * kLanes) {
    Vector sums[4] = {};
    for (int tap = 0; tap < kTaps; ++tap) {
      const float* from = seen + begin + tap;
#pragma GCC unroll 4
      for (int64_t i = 0; i < 4; ++i) sums[i] += taps[tap] * *reinterpret_cast<const Vector*>(from + i * kLanes);
    }
    std::memcpy(between + begin, sums, sizeof sums);
  }
}

}  // namespace

double loudness_lufs(std::span<const float> samples, int64_t sample_rate_hz) {
  if (samples.empty()) return -std::numeric_limits<double>::infinity();
  // Blocks of 0.4 s start every 0.1 s: sums over tenths, four of which make a block.
  const int64_t tenth = std::max<int64_t>(1, (sample_rate_hz + 5) / 10);
  const std::vector<double> tenths = energies_of_tenths(samples, sample_rate_hz, tenth);
  std::vector<double> blocks;
  for (size_t i = 0; i + 4 <= tenths.size(); ++i)
    blocks.push_back((tenths[i] + tenths[i + 1] + tenths[i + 2] + tenths[i + 3]) / (4.0 * static_cast<double>(tenth)));
  if (blocks.empty()) blocks.push_back(tenths.front() / static_cast<double>(samples.size()));

  constexpr double kAbsoluteGate = -70.0, kRelativeGate = -10.0;
  const double ungated = mean_above(blocks, kAbsoluteGate);
  if (ungated <= 0.0) return -std::numeric_limits<double>::infinity();
  return lufs(mean_above(blocks, std::max(kAbsoluteGate, lufs(ungated) + kRelativeGate)));
}

float sample_peak(std::span<const float> samples) {
  // Four at a time, or each comparison would wait for the one before.
  float most[4] = {};
  size_t i = 0;
  for (; i + 4 <= samples.size(); i += 4)
    for (size_t k = 0; k < 4; ++k) most[k] = std::max(most[k], std::abs(samples[i + k]));
  for (; i < samples.size(); ++i) most[0] = std::max(most[0], std::abs(samples[i]));
  return std::max(std::max(most[0], most[1]), std::max(most[2], most[3]));
}

double true_peak(std::span<const float> samples) {
  static const PeakFilter filter;
  constexpr int64_t kBefore = kHalfTaps - 1, kAfter = kHalfTaps;
  const auto total = static_cast<int64_t>(samples.size());
  float peak = sample_peak(samples);
  std::vector<float> seen(kBefore + kBlock + kAfter), between(kBlock);
  for (int64_t begin = -kAfter; begin < total + kBefore; begin += kBlock) {
    const int64_t from = std::max<int64_t>(0, begin - kBefore);
    const int64_t to = std::min(total, begin + kBlock + kAfter);
    if (from >= to) continue;
    const auto window = samples.subspan(from, to - from);
    // Most of a recording lies too low for a new peak between its samples.
    if (sample_peak(window) * filter.most_gain <= peak) continue;
    std::fill(seen.begin(), seen.end(), 0.0f);
    std::copy(window.begin(), window.end(), seen.begin() + (from - (begin - kBefore)));
    for (const auto& taps : filter.phase) {
      interpolate(taps, seen.data(), between.data());
      peak = std::max(peak, sample_peak(between));
    }
  }
  return peak;
}

}  // namespace vits::audio
