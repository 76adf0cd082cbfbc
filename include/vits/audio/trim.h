// Where sound begins and ends in a recording, by its energy alone.
#pragma once
#include <cstdint>
#include <span>

namespace vits::audio {

struct Span {
  int64_t begin_sample = 0;
  int64_t end_sample = 0;  // one past the last

  bool empty() const { return end_sample <= begin_sample; }
};

// From the first to the last frame (25 ms, a step of 10 ms) that lies less than `top_db` below the loudest frame; empty
// for silence.
Span sounding_part(std::span<const float> samples, int64_t sample_rate_hz, double top_db = 40.0);

// `part` widened by `kept_seconds` on both sides, within the recording.
Span widened(Span part, double kept_seconds, int64_t sample_rate_hz, int64_t total_samples);

// The middle of the quietest 25 ms within `reach_seconds` around a sample: where a recording is best cut.
int64_t quietest_near(std::span<const float> samples, int64_t sample_rate_hz, int64_t around_sample,
                      double reach_seconds);

}  // namespace vits::audio
