// How loud a sound is to a listener: ITU-R BS.1770-4 for one channel.
#pragma once
#include <cstdint>
#include <span>

namespace vits::audio {

// Integrated loudness in LUFS with both gates (-70 LUFS and 10 LU below the ungated mean). A sound shorter than one
// block of 0.4 s counts as one block; -infinity for silence.
double loudness_lufs(std::span<const float> samples, int64_t sample_rate_hz);

// The largest absolute sample; 0 when there are none.
float sample_peak(std::span<const float> samples);

// The largest absolute value of the wave between the samples too (4 times oversampled); 1.0 is full scale.
double true_peak(std::span<const float> samples);

}  // namespace vits::audio
