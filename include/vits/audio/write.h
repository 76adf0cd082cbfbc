// Sound out: 16-bit WAV, FLAC, or OGG Vorbis, by the extension of the file's name.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace vits::audio {

struct Written {
  int64_t clipped_samples = 0;  // that lay beyond -1 ... 1 and were written as the nearest end of that range
  double peak = 0.0;            // the largest absolute sample before that
};

// Throws Error that names the known extensions when `path` has none of them, without touching the disk.
void check_sound_extension(const std::filesystem::path& path);

// One channel. The file appears whole or not at all, and the same samples give the same bytes. Throws Error when a
// sample is not a finite number or the file cannot be written.
Written write_sound(const std::filesystem::path& path, std::span<const float> samples, int64_t sample_rate_hz);

// The bytes of such a 16-bit WAV file, for writers with a way of their own to the disk: the samples times 32,767,
// rounded to the nearest, those beyond -1 ... 1 as the nearest end of that range. The samples must be finite.
std::string wav_bytes(std::span<const float> samples, int64_t sample_rate_hz);

}  // namespace vits::audio
