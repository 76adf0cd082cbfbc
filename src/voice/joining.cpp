#include "joining.h"

#include <algorithm>
#include <cmath>

namespace vits::voice {

namespace {
constexpr float kQuiet = 0.01f;  // of the peak: 40 dB below it
}

double pause_seconds(text::Pause pause) {
  switch (pause) {
    case text::Pause::kNone:
      return 0.0;
    case text::Pause::kClause:
      return 0.15;
    case text::Pause::kSentence:
      return 0.35;
    case text::Pause::kParagraph:
      return 0.7;
  }
  return 0.0;
}

QuietEnds quiet_ends(std::span<const float> samples) {
  float peak = 0;
  for (const float sample : samples) peak = std::max(peak, std::abs(sample));
  const auto heard = [&](float sample) { return std::abs(sample) > kQuiet * peak; };
  const auto first = std::find_if(samples.begin(), samples.end(), heard);
  const auto last = std::find_if(samples.rbegin(), samples.rend(), heard);
  return {static_cast<size_t>(first - samples.begin()), static_cast<size_t>(last - samples.rbegin())};
}

void Joining::append(std::span<const float> piece, text::Pause pause_before) {
  const auto wanted = static_cast<size_t>(pause_seconds(pause_before) * static_cast<double>(sample_rate_hz_));
  const QuietEnds quiet = quiet_ends(piece);
  const size_t there = quiet_at_end_ + quiet.begin;
  if (!samples_.empty() && wanted > there) samples_.resize(samples_.size() + wanted - there, 0.0f);
  samples_.insert(samples_.end(), piece.begin(), piece.end());
  quiet_at_end_ = quiet.end;
}

}  // namespace vits::voice
