// The samples of a clip as 16-bit numbers. `prepare` writes WAV files of one channel and 16 bits: those are read
// straight to where they belong. Any other sound is decoded (audio/read.h) and rounded; its channels are averaged, as
// `prepare` does, and where they cancel the loudest one is taken.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

namespace vits::data {

struct WavInfo {
  int64_t samples = 0;
  int64_t sample_rate_hz = 0;
  int64_t first_byte = -1;  // of the samples in the file; -1: they must be decoded
  int64_t channel = -1;     // to take when they are decoded; -1: the average
};

// Throws Error that names the file when it cannot be read to its end. A file that must be decoded is decoded for this:
// what its header says about its length is not to be trusted.
WavInfo look_at_wav(const std::filesystem::path& file);

// Throws Error when the file has changed since.
void read_wav(const std::filesystem::path& file, const WavInfo& info, std::span<int16_t> samples);

}  // namespace vits::data
