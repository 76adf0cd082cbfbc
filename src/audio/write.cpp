#include "vits/audio/write.h"

#include <sndfile.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "ogg_serial.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::audio {

namespace {

// libsndfile's Vorbis encoder takes its memory for a block from the stack.
constexpr size_t kWrittenSamples = 4096;

int format_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (extension == ".wav") return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  if (extension == ".flac") return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
  if (extension == ".ogg") return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
  throw Error("{}: sound is written as .wav, .flac or .ogg, and the name must end in one of them.", path.string());
}

// What libsndfile believes to be a file.
struct Memory {
  std::string bytes;
  size_t position = 0;

  static Memory& of(void* user) { return *static_cast<Memory*>(user); }
  static sf_count_t length(void* user) { return static_cast<sf_count_t>(of(user).bytes.size()); }
  static sf_count_t tell(void* user) { return static_cast<sf_count_t>(of(user).position); }
  static sf_count_t seek(sf_count_t offset, int whence, void* user) {
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? tell(user) : length(user);
    of(user).position = static_cast<size_t>(std::max<sf_count_t>(0, from + offset));
    return tell(user);
  }
  static sf_count_t read(void* to, sf_count_t count, void* user) {
    Memory& memory = of(user);
    const size_t left = memory.bytes.size() - std::min(memory.position, memory.bytes.size());
    const size_t taken = std::min(left, static_cast<size_t>(count));
    std::memcpy(to, memory.bytes.data() + memory.position, taken);
    memory.position += taken;
    return static_cast<sf_count_t>(taken);
  }
  static sf_count_t write(const void* from, sf_count_t count, void* user) {
    Memory& memory = of(user);
    const size_t end = memory.position + static_cast<size_t>(count);
    if (end > memory.bytes.size()) memory.bytes.resize(end);
    std::memcpy(memory.bytes.data() + memory.position, from, static_cast<size_t>(count));
    memory.position = end;
    return count;
  }
};

// Rounded as lrint() does, half to even, by a sum that leaves no room for fractions; vectors can do that.
int16_t whole_number(float sample) {
  const float clipped = sample < -1.0f ? -1.0f : sample > 1.0f ? 1.0f : sample;
  const float shifted = clipped * 32767.0f + 12582912.0f;  // 1.5 * 2^23, whose lower 16 bits are 0
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  return static_cast<int16_t>(static_cast<uint16_t>(bits));
}

void encode(SNDFILE* file, std::span<const float> samples, bool as_float) {
  std::vector<int16_t> whole(as_float ? 0 : kWrittenSamples);
  std::vector<float> clipped(as_float ? kWrittenSamples : 0);
  for (size_t begin = 0; begin < samples.size(); begin += kWrittenSamples) {
    const auto block = samples.subspan(begin, std::min(kWrittenSamples, samples.size() - begin));
    for (size_t i = 0; i < block.size(); ++i) {
      if (as_float)
        clipped[i] = std::clamp(block[i], -1.0f, 1.0f);
      else
        whole[i] = whole_number(block[i]);
    }
    const auto count = static_cast<sf_count_t>(block.size());
    if ((as_float ? sf_write_float(file, clipped.data(), count) : sf_write_short(file, whole.data(), count)) != count)
      throw Error("libsndfile cannot encode the sound: {}.", sf_strerror(file));
  }
}

std::string encoded(const std::filesystem::path& path, int format, std::span<const float> samples,
                    int64_t sample_rate_hz) {
  SF_INFO info{};
  info.channels = 1;
  info.samplerate = static_cast<int>(sample_rate_hz);
  info.format = format;
  Memory memory;
  SF_VIRTUAL_IO calls{Memory::length, Memory::seek, Memory::read, Memory::write, Memory::tell};
  SNDFILE* const file = sf_open_virtual(&calls, SFM_WRITE, &info, &memory);
  if (!file)
    throw Error("libsndfile cannot write {} at {} Hz: {}.", path.string(), sample_rate_hz, sf_strerror(nullptr));
  try {
    encode(file, samples, (format & SF_FORMAT_SUBMASK) == SF_FORMAT_VORBIS);
  } catch (...) {
    sf_close(file);
    throw;
  }
  sf_close(file);
  if ((format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG) fix_ogg_serial(memory.bytes);
  return memory.bytes;
}

void put(char* at, uint64_t value, int width) {
  for (int i = 0; i < width; ++i) at[i] = static_cast<char>(value >> (8 * i));
}

}  // namespace

void check_sound_extension(const std::filesystem::path& path) { format_of(path); }

Written write_sound(const std::filesystem::path& path, std::span<const float> samples, int64_t sample_rate_hz) {
  const int format = format_of(path);
  Written written;
  for (const float sample : samples) {
    if (!std::isfinite(sample))
      throw Error(
          "{} is not written: the sound holds samples that are no finite numbers. Check the voice with "
          "`vits-train verify`.",
          path.string());
    written.peak = std::max(written.peak, static_cast<double>(std::abs(sample)));
    written.clipped_samples += std::abs(sample) > 1.0f;
  }
  const bool wav = (format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV;
  base::write_file(path, wav ? wav_bytes(samples, sample_rate_hz) : encoded(path, format, samples, sample_rate_hz));
  return written;
}

std::string wav_bytes(std::span<const float> samples, int64_t sample_rate_hz) {
  constexpr size_t kHeaderBytes = 44, kMostSamples = (0xffffffffu - kHeaderBytes) / 2;
  if (samples.size() > kMostSamples || sample_rate_hz < 1 || sample_rate_hz > 0x7fffffff)
    throw Error("a WAV file holds at most {} samples at 1 to {} Hz, not {} at {} Hz.", kMostSamples, 0x7fffffff,
                samples.size(), sample_rate_hz);
  const size_t data_bytes = samples.size() * 2;
  std::string bytes(kHeaderBytes + data_bytes, '\0');
  char* const head = bytes.data();
  std::memcpy(head, "RIFF....WAVEfmt ", 16);
  put(head + 4, kHeaderBytes - 8 + data_bytes, 4);
  put(head + 16, 16, 4);  // bytes of the format that follows
  put(head + 20, 1, 2);   // PCM
  put(head + 22, 1, 2);   // channels
  put(head + 24, static_cast<uint64_t>(sample_rate_hz), 4);
  put(head + 28, static_cast<uint64_t>(sample_rate_hz) * 2, 4);  // bytes a second
  put(head + 32, 2, 2);                                          // bytes a moment
  put(head + 34, 16, 2);                                         // bits
  std::memcpy(head + 36, "data", 4);
  put(head + 40, data_bytes, 4);
  int16_t block[kWrittenSamples];
  for (size_t begin = 0; begin < samples.size(); begin += kWrittenSamples) {
    const size_t count = std::min(kWrittenSamples, samples.size() - begin);
    for (size_t i = 0; i < count; ++i) block[i] = whole_number(samples[begin + i]);
    char* const to = head + kHeaderBytes + begin * 2;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(to, block, count * 2);
    else
      for (size_t i = 0; i < count; ++i) put(to + 2 * i, static_cast<uint16_t>(block[i]), 2);
  }
  return bytes;
}

}  // namespace vits::audio
