// What can be told of one recording by listening to it alone: level, damage, noise, silence, bandwidth.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace vits::data {

struct SoundMeasures {
  double seconds = 0.0;
  int64_t sample_rate_hz = 0;
  double loudness_lufs = 0.0;  // ITU-R BS.1770; -infinity for silence
  double peak_dbfs = 0.0;      // of the samples; -infinity for silence

  // Samples that lie flat near the highest peak: what a converter or an editor cut off. Later changes of level keep
  // them.
  int64_t flat_samples = 0;
  // Many peaks at one height, though not flat: the recording was cut off and then resampled or compressed. Clean speech
  // has 0.3 to 1, speech cut off by 6 dB 1.7 to 5.
  double peak_crowding = 0.0;

  // The highest frequency less than 60 dB below the loudest one in the long-term spectrum. Speech that was recorded at
  // 16 kHz reaches 7 to 8 kHz, through a telephone 4. Not a number for silence, as the next.
  double bandwidth_hz = 0.0;

  // Level of the speech over that of the quietest tenth; 0 where the level never changes, at most 90.
  double snr_db = 0.0;

  double silence_begin_seconds = 0.0, silence_end_seconds = 0.0;
  double silence_inside_seconds = 0.0;  // in pauses of 0.15 s and more
  double longest_pause_seconds = 0.0;

  uint64_t samples_hash = 0;       // equal for equal samples
  std::vector<float> fingerprint;  // of unit length: the same sound louder, trimmed or compressed has a similar one

  bool is_silent() const;
  bool is_clipped() const;
  double sounding_seconds() const { return seconds - silence_begin_seconds - silence_end_seconds; }
};

// Needs a few times the memory of the samples, and 1 ms for a second of sound.
SoundMeasures measure_sound(std::span<const float> samples, int64_t sample_rate_hz);

// From -1 to 1: above 0.99 two clips of equal length are the same sound.
double similarity(const SoundMeasures& one, const SoundMeasures& other);

}  // namespace vits::data
