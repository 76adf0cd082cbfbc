#include "vits/data/padded_shapes.h"

#include <algorithm>

namespace vits::data {

namespace {

constexpr int64_t kFinestStep = 8;      // frames; half precision is fastest in multiples of 8
constexpr int64_t kFinestFrames = 320;  // up to here; the step doubles with the length
constexpr int64_t kTokenStep = 8;

int64_t rounded_up(int64_t length, int64_t step) { return (length + step - 1) / step * step; }

}  // namespace

void PaddedShapes::add(int64_t clip_frames, int64_t clip_tokens) {
  int64_t& most = tokens_[frames(clip_frames)];
  most = std::max(most, clip_tokens);
}

int64_t PaddedShapes::frames(int64_t longest) const {
  if (round_frames_ > 0) return rounded_up(longest, round_frames_);
  int64_t step = kFinestStep;
  for (int64_t end = kFinestFrames; longest >= end; end *= 2) step *= 2;
  return rounded_up(longest, step);
}

int64_t PaddedShapes::tokens(int64_t frames, int64_t longest) const {
  if (round_frames_ == 1) return longest;
  // A batch holds shorter clips too, whose texts may be longer.
  int64_t most = longest;
  for (auto of = tokens_.begin(); of != tokens_.end() && of->first <= frames; ++of) most = std::max(most, of->second);
  return rounded_up(most, kTokenStep);
}

}  // namespace vits::data
