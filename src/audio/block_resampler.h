// The low pass between two sample rates by Fourier transforms: a stretch of sound becomes its spectrum, the spectrum is
// weighed and cut or continued with zeros, and comes back as a stretch at the other rate. Of the filter in
// filter_bank.h it is a quarter of the work, for ratios whose terms are made of small primes, such as all between the
// usual rates.
//
// The stretches overlap by the filter's reach and lie at fixed places of the stream, so that pieces equal the whole.
// Sixteen are made together: one in the real part and one in the imaginary part of each lane (the filter is symmetric,
// its weights are real numbers, and the two stay apart).
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lane_transform.h"

namespace vits::audio {

// What is the same for all streams between two rates.
struct BlockPlan {
  int64_t up, down;            // to : from in lowest terms; `down` input samples lie where `up` outputs do
  int64_t kept, edge;          // periods of a stretch that are kept, and that lie before and behind them
  LaneTransform in, out;       // of whole stretches
  std::vector<float> weights;  // of the frequencies 0, 1, ...; silence above them

  int64_t stretch_periods() const { return kept + 2 * edge; }
};

// Null where the ratio asks for transforms that are too long or of other lengths. Made once for each ratio and kept.
// Safe from several threads.
std::shared_ptr<const BlockPlan> block_plan(int64_t from_hz, int64_t to_hz);

class BlockResampler {
 public:
  explicit BlockResampler(std::shared_ptr<const BlockPlan> plan);
  void add(std::span<const float> samples, std::vector<float>& output);  // appends what is ready
  void finish(std::vector<float>& output);                               // appends the rest

 private:
  static constexpr int64_t kStretches = 2 * LanePoint::kLanes;
  void make_group(std::vector<float>& output);
  int64_t group_samples() const { return (kStretches * plan_->kept + 2 * plan_->edge) * plan_->down; }

  std::shared_ptr<const BlockPlan> plan_;
  std::vector<float> held_;  // input from the first sample of the next group on
  std::vector<LanePoint> points_, scratch_;
  int64_t received_ = 0, made_ = 0;
};

}  // namespace vits::audio
