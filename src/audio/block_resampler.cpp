#include "block_resampler.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>

#include "filter_bank.h"
#include "vector_clones.h"

namespace vits::audio {

namespace {

// Points of a transform: more no longer fit the processor's second cache, and fewer are not worth their edges.
constexpr int64_t kMostPoints = 6144;
constexpr double kLeastKept = 0.65;

// The filter's answer to the frequencies of a stretch, with what the two transforms multiply it by taken off.
std::vector<float> frequency_weights(const std::vector<double>& row, int64_t length, int64_t count) {
  std::vector<double> cosines(static_cast<size_t>(length));
  for (int64_t n = 0; n < length; ++n)
    cosines[n] = std::cos(2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(length));
  std::vector<float> weights;
  for (int64_t k = 0; k < count; ++k) {
    double sum = row.front();
    for (int64_t tap = 1; tap < static_cast<int64_t>(row.size()); ++tap)
      sum += 2.0 * row[tap] * cosines[k * tap % length];
    weights.push_back(static_cast<float>(sum / static_cast<double>(length)));
  }
  return weights;
}

std::shared_ptr<const BlockPlan> make_plan(int64_t up, int64_t down) {
  const std::vector<double> row = central_row(up, down);
  const int64_t edge = (static_cast<int64_t>(row.size()) + down - 1) / down;  // periods that the filter reaches
  for (int64_t periods = LanePoint::kLanes; periods * std::max(up, down) <= kMostPoints; periods *= 2) {
    const int64_t kept = periods - 2 * edge;
    if (static_cast<double>(kept) < kLeastKept * static_cast<double>(periods)) continue;
    if (!LaneTransform::knows(periods * down) || !LaneTransform::knows(periods * up)) return nullptr;
    const int64_t bins = periods * std::min(up, down) / 2;
    return std::make_shared<const BlockPlan>(BlockPlan{up, down, kept, edge, LaneTransform(periods * down),
                                                       LaneTransform(periods * up),
                                                       frequency_weights(row, periods * down, bins)});
  }
  return nullptr;
}

// Rows become columns: three times the blocks off the diagonal change places, of half the size each time.
inline __attribute__((always_inline)) void transpose(LanePoint::Lanes (&rows)[LanePoint::kLanes]) {
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const LanePoint::Lanes a = rows[i], b = rows[i + 4];
    rows[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    rows[i + 4] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const int row = i + (i & 2);
    const LanePoint::Lanes a = rows[row], b = rows[row + 2];
    rows[row] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
    rows[row + 2] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const LanePoint::Lanes a = rows[2 * i], b = rows[2 * i + 1];
    rows[2 * i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
    rows[2 * i + 1] = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  }
}

// Stretches that begin `step` apart, one a lane, as one part of `count` points (a multiple of eight).
VITS_WITH_AVX2 void gather(const float* from, int64_t step, int64_t count, LanePoint::Lanes LanePoint::*part,
                           LanePoint* points) {
  for (int64_t n = 0; n < count; n += LanePoint::kLanes) {
    LanePoint::Lanes rows[LanePoint::kLanes];
    for (int64_t lane = 0; lane < LanePoint::kLanes; ++lane)
      std::memcpy(&rows[lane], from + lane * step + n, sizeof(LanePoint::Lanes));
    transpose(rows);
    for (int64_t i = 0; i < LanePoint::kLanes; ++i) points[n + i].*part = rows[i];
  }
}

// And back, for any count.
VITS_WITH_AVX2 void scatter(const LanePoint* points, LanePoint::Lanes LanePoint::*part, int64_t step, int64_t count,
                            float* to) {
  int64_t n = 0;
  for (; n + LanePoint::kLanes <= count; n += LanePoint::kLanes) {
    LanePoint::Lanes rows[LanePoint::kLanes];
    for (int64_t i = 0; i < LanePoint::kLanes; ++i) rows[i] = points[n + i].*part;
    transpose(rows);
    for (int64_t lane = 0; lane < LanePoint::kLanes; ++lane)
      std::memcpy(to + lane * step + n, &rows[lane], sizeof(LanePoint::Lanes));
  }
  for (; n < count; ++n)
    for (int64_t lane = 0; lane < LanePoint::kLanes; ++lane) to[lane * step + n] = (points[n].*part)[lane];
}

// The spectrum at the other rate, with real and imaginary parts exchanged.
VITS_WITH_AVX2 void weigh_spectrum(const LanePoint* spectrum, int64_t length, const std::vector<float>& weights,
                                   LanePoint* to, int64_t to_length) {
  const auto bins = static_cast<int64_t>(weights.size());
  for (int64_t k = 0; k < bins; ++k) {
    to[k].re = spectrum[k].im * weights[k];
    to[k].im = spectrum[k].re * weights[k];
  }
  std::fill(to + bins, to + to_length - bins + 1, LanePoint{});
  for (int64_t k = 1; k < bins; ++k) {
    to[to_length - k].re = spectrum[length - k].im * weights[k];
    to[to_length - k].im = spectrum[length - k].re * weights[k];
  }
}

}  // namespace

std::shared_ptr<const BlockPlan> block_plan(int64_t from_hz, int64_t to_hz) {
  static std::mutex mutex;
  static std::map<std::pair<int64_t, int64_t>, std::shared_ptr<const BlockPlan>> known;
  constexpr size_t kMostKnown = 64;  // a data set has a few rates; strange headers must not fill the memory

  const int64_t divisor = std::gcd(from_hz, to_hz);
  const std::pair ratio{to_hz / divisor, from_hz / divisor};
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(ratio); found != known.end()) return found->second;
  if (known.size() >= kMostKnown) known.clear();
  return known[ratio] = make_plan(ratio.first, ratio.second);
}

BlockResampler::BlockResampler(std::shared_ptr<const BlockPlan> plan)
    : plan_(std::move(plan)),
      held_(static_cast<size_t>(plan_->edge * plan_->down), 0.0f),
      points_(static_cast<size_t>(std::max(plan_->in.length(), plan_->out.length()))),
      scratch_(points_.size()) {}

void BlockResampler::add(std::span<const float> samples, std::vector<float>& output) {
  received_ += static_cast<int64_t>(samples.size());
  while (!samples.empty()) {
    const auto room = static_cast<size_t>(group_samples()) - held_.size();
    const auto piece = samples.first(std::min(samples.size(), room));
    held_.insert(held_.end(), piece.begin(), piece.end());
    samples = samples.subspan(piece.size());
    if (static_cast<int64_t>(held_.size()) == group_samples()) make_group(output);
  }
}

void BlockResampler::finish(std::vector<float>& output) {
  const int64_t wanted = (received_ * plan_->up + plan_->down - 1) / plan_->down;
  while (made_ < wanted) {
    held_.resize(static_cast<size_t>(group_samples()), 0.0f);
    make_group(output);
  }
  output.resize(output.size() - static_cast<size_t>(made_ - wanted));
}

void BlockResampler::make_group(std::vector<float>& output) {
  const BlockPlan& plan = *plan_;
  const int64_t in_length = plan.in.length(), out_length = plan.out.length();
  const int64_t step = plan.kept * plan.down, made_step = plan.kept * plan.up;
  gather(held_.data(), step, in_length, &LanePoint::re, points_.data());
  gather(held_.data() + LanePoint::kLanes * step, step, in_length, &LanePoint::im, points_.data());
  const LanePoint* const spectrum = plan.in.run(points_.data(), scratch_.data());

  // The way back is a transform of the same kind with real and imaginary parts exchanged before and after it.
  LanePoint* const cut = spectrum == points_.data() ? scratch_.data() : points_.data();
  weigh_spectrum(spectrum, in_length, plan.weights, cut, out_length);
  LanePoint* const other = cut == points_.data() ? scratch_.data() : points_.data();
  const LanePoint* const wave = plan.out.run(cut, other) + plan.edge * plan.up;

  const size_t at = output.size();
  output.resize(at + static_cast<size_t>(kStretches * made_step));
  float* const out = output.data() + at;
  scatter(wave, &LanePoint::im, made_step, made_step, out);
  scatter(wave, &LanePoint::re, made_step, made_step, out + LanePoint::kLanes * made_step);
  made_ += kStretches * made_step;
  held_.erase(held_.begin(), held_.begin() + kStretches * step);
}

}  // namespace vits::audio
