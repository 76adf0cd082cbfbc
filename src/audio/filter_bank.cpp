#include "filter_bank.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>

namespace vits::audio {

namespace {

// Flat up to 0.91 of the lower Nyquist frequency, silent from there on: the middle of the slope and its width as shares
// of that frequency, and how far down the stop band lies.
constexpr double kCutoff = 0.955, kSlope = 0.09, kStopBandDb = 108.0;

// Beyond this a table no longer fits the processor's cache and two rows of a smaller one are mixed instead.
constexpr int64_t kMostWeights = 1 << 19;
// Rows a sample of the lower rate for that: a straight line between two misses the curve by (pi / 2048)^2 / 8, -130 dB.
constexpr double kInterpolatedPhases = 2048.0;

// I0, the modified Bessel function of order zero, by its series.
double bessel(double x) {
  double sum = 1.0, term = 1.0;
  for (int k = 1; term > 1e-18 * sum; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

// The low pass as a curve over input samples.
struct Curve {
  // The lower Nyquist frequency in cycles an input sample, the samples that the curve covers, and its steepness.
  double nyquist, length, beta = 0.1102 * (kStopBandDb - 8.7);

  Curve(int64_t up, int64_t down)
      : nyquist(0.5 * std::min(1.0, static_cast<double>(up) / static_cast<double>(down))),
        length((kStopBandDb - 7.95) / (2.285 * 2.0 * std::numbers::pi * kSlope * nyquist)) {}

  double at(double place) const {
    const double turn = std::numbers::pi * 2.0 * kCutoff * nyquist * place, share = place / (length / 2.0);
    const double inside = 1.0 - share * share;
    const double window = inside > 0.0 ? bessel(beta * std::sqrt(inside)) : 0.0;
    return (turn == 0.0 ? 1.0 : std::sin(turn) / turn) * window;
  }
};

FilterBank make(int64_t up, int64_t down) {
  const Curve curve(up, down);
  FilterBank bank;
  bank.up = up;
  bank.down = down;
  bank.taps = (static_cast<int64_t>(std::ceil(curve.length)) + kTapStep) / kTapStep * kTapStep;
  bank.interpolated = up > kMostWeights / bank.taps;
  bank.phases = bank.interpolated ? std::max<int64_t>(64, std::llround(kInterpolatedPhases * 2.0 * curve.nyquist)) : up;

  const int64_t rows = bank.phases + (bank.interpolated ? 1 : 0);
  bank.weights.resize(rows * bank.taps);
  std::vector<double> row(bank.taps);
  for (int64_t phase = 0; phase < rows; ++phase) {
    double sum = 0.0;
    for (int64_t tap = 0; tap < bank.taps; ++tap) {
      row[tap] = curve.at(static_cast<double>(tap - bank.reach())
                          - static_cast<double>(phase) / static_cast<double>(bank.phases));
      sum += row[tap];
    }
    // A constant stays what it is at every place: no whistle at the difference of the rates.
    for (int64_t tap = 0; tap < bank.taps; ++tap)
      bank.weights[phase * bank.taps + tap] = static_cast<float>(row[tap] / sum);
  }
  return bank;
}

// 16 sums, each over every 16th tap, whatever the width of the processor's registers; products are rounded before they
// are added, without FMA, so that all processors agree to the last bit.
struct FourLanes {
  using Vector = float __attribute__((vector_size(16), aligned(4), may_alias));
};
struct EightLanes {
  using Vector = float __attribute__((vector_size(32), aligned(4), may_alias));
};

// The 16 sums folded to four: each is the sum of every fourth.
inline __attribute__((always_inline)) FourLanes::Vector folded(const EightLanes::Vector (&sums)[2]) {
  const EightLanes::Vector both = sums[0] + sums[1];
  FourLanes::Vector halves[2];
  std::memcpy(halves, &both, sizeof halves);
  return halves[0] + halves[1];
}
inline __attribute__((always_inline)) FourLanes::Vector folded(const FourLanes::Vector (&sums)[4]) {
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

// The sums of kOutputs places stay in registers while a weight that is loaded serves them all.
template <class Register, int kOutputs>
inline __attribute__((always_inline)) void weigh_some(const float* weights, int64_t taps, const float* in, int64_t step,
                                                      FourLanes::Vector* fours) {
  using Vector = typename Register::Vector;
  constexpr int kLanes = sizeof(Vector) / sizeof(float), kParts = kTapStep / kLanes;
  Vector sums[kOutputs][kParts] = {};
  for (int64_t tap = 0; tap < taps; tap += kTapStep) {
#pragma GCC unroll 4
    for (int part = 0; part < kParts; ++part) {
      const Vector weight = *reinterpret_cast<const Vector*>(weights + tap + part * kLanes);
#pragma GCC unroll 8
      for (int i = 0; i < kOutputs; ++i)
        sums[i][part] += weight * *reinterpret_cast<const Vector*>(in + i * step + tap + part * kLanes);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kOutputs; ++i) fours[i] = folded(sums[i]);
}

// Four outputs at a time end in one transposition instead of four walks through their lanes.
template <class Register>
inline __attribute__((always_inline)) void weigh_all(const float* weights, int64_t taps, const float* in, int64_t step,
                                                     int64_t outputs, float* out) {
  using Vector = FourLanes::Vector;
  int64_t i = 0;
  for (; i + 4 <= outputs; i += 4) {
    Vector f[4];
    weigh_some<Register, 4>(weights, taps, in + i * step, step, f);
    const Vector low_01 = __builtin_shufflevector(f[0], f[1], 0, 4, 1, 5);
    const Vector low_23 = __builtin_shufflevector(f[2], f[3], 0, 4, 1, 5);
    const Vector high_01 = __builtin_shufflevector(f[0], f[1], 2, 6, 3, 7);
    const Vector high_23 = __builtin_shufflevector(f[2], f[3], 2, 6, 3, 7);
    const Vector pairs_01 = low_01 + high_01, pairs_23 = low_23 + high_23;  // lanes 0 + 2, then 1 + 3, of both
    *reinterpret_cast<Vector*>(out + i) = __builtin_shufflevector(pairs_01, pairs_23, 0, 1, 4, 5)
                                          + __builtin_shufflevector(pairs_01, pairs_23, 2, 3, 6, 7);
  }
  for (; i < outputs; ++i) {
    Vector f;
    weigh_some<Register, 1>(weights, taps, in + i * step, step, &f);
    out[i] = (f[0] + f[2]) + (f[1] + f[3]);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void weigh_avx2(const float* weights, int64_t taps, const float* in, int64_t step,
                                                int64_t outputs, float* out) {
  weigh_all<EightLanes>(weights, taps, in, step, outputs, out);
}
#endif

}  // namespace

void weigh(const float* weights, int64_t taps, const float* in, int64_t step, int64_t outputs, float* out) {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2");
  if (avx2) return weigh_avx2(weights, taps, in, step, outputs, out);
#endif
  weigh_all<FourLanes>(weights, taps, in, step, outputs, out);
}

std::vector<double> central_row(int64_t up, int64_t down) {
  const Curve curve(up, down);
  std::vector<double> half;
  for (int64_t place = 0; static_cast<double>(place) < curve.length / 2.0; ++place)
    half.push_back(curve.at(static_cast<double>(place)));
  const double sum = 2.0 * std::accumulate(half.begin(), half.end(), 0.0) - half.front();
  for (double& weight : half) weight /= sum;
  return half;
}

std::shared_ptr<const FilterBank> filter_bank(int64_t from_hz, int64_t to_hz) {
  static std::mutex mutex;
  static std::map<std::pair<int64_t, int64_t>, std::shared_ptr<const FilterBank>> known;
  constexpr size_t kMostKnown = 64;  // a data set has a few rates; strange headers must not fill the memory

  const int64_t divisor = std::gcd(from_hz, to_hz);
  const std::lock_guard lock(mutex);
  auto& bank = known[{to_hz / divisor, from_hz / divisor}];
  if (!bank) bank = std::make_shared<const FilterBank>(make(to_hz / divisor, from_hz / divisor));
  auto kept = bank;
  if (known.size() > kMostKnown) known.clear();
  return kept;
}

}  // namespace vits::audio
