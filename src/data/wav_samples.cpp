#include "wav_samples.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "vits/audio/read.h"
#include "vits/base/error.h"
#include "vits/base/input_file.h"

namespace vits::data {

namespace {

static_assert(std::endian::native == std::endian::little, "a WAV file's samples are read into memory as they are");

// The chunks before the samples are small; behind more than this the file is left to the general reader.
constexpr size_t kHeadBytes = 4096;
constexpr size_t kSamplesAtOnce = 1 << 14;

uint32_t number_at(std::string_view bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

// Nothing unless all is as `prepare` writes it and the samples that the header announces are there.
std::optional<WavInfo> usual_wav(std::string_view head, int64_t file_bytes) {
  if (head.size() < 12 || head.substr(0, 4) != "RIFF" || head.substr(8, 4) != "WAVE") return std::nullopt;
  WavInfo info;
  for (size_t at = 12; at + 8 <= head.size();) {
    const std::string_view name = head.substr(at, 4);
    const size_t bytes = number_at(head, at + 4, 4);
    at += 8;
    if (name == "data") {
      info.samples = static_cast<int64_t>(bytes / 2);
      info.first_byte = static_cast<int64_t>(at);
      const bool whole = bytes % 2 == 0 && static_cast<int64_t>(at + bytes) <= file_bytes;
      return whole && info.sample_rate_hz > 0 ? std::optional(info) : std::nullopt;
    }
    if (name == "fmt ") {
      if (bytes < 16 || at + 16 > head.size()) return std::nullopt;
      const bool pcm = number_at(head, at, 2) == 1, mono = number_at(head, at + 2, 2) == 1;
      if (!pcm || !mono || number_at(head, at + 14, 2) != 16) return std::nullopt;
      info.sample_rate_hz = number_at(head, at + 4, 4);
    }
    at += bytes + bytes % 2;
  }
  return std::nullopt;
}

// What was decoded goes to `block`, a piece at a time, as 16-bit numbers.
template <class Take>
WavInfo decode(const std::filesystem::path& file, int64_t channel, Take take) {
  audio::SoundReader reader(file);
  if (channel >= 0) reader.take_channel(channel);
  WavInfo info{.samples = 0, .sample_rate_hz = reader.sample_rate_hz(), .first_byte = -1, .channel = channel};
  std::vector<float> block(kSamplesAtOnce);
  std::vector<int16_t> rounded(kSamplesAtOnce);
  while (const size_t count = reader.read(block)) {
    for (size_t i = 0; i < count; ++i)
      rounded[i] = static_cast<int16_t>(std::clamp(std::lrint(block[i] * 32768.0f), -32768l, 32767l));
    take(info.samples, std::span<const int16_t>(rounded).first(count));
    info.samples += static_cast<int64_t>(count);
  }
  if (reader.channels_cancel()) info.channel = reader.loudest_channel();
  return info;
}

[[noreturn]] void throw_changed(const std::filesystem::path& file) {
  throw Error("{} changed while it was read. Start again when nothing else writes to it.", file.string());
}

}  // namespace

WavInfo look_at_wav(const std::filesystem::path& file) {
  {
    const base::InputFile open(file);
    char head[kHeadBytes];
    const size_t count = open.read(0, head, sizeof head);
    if (const auto info = usual_wav({head, count}, open.bytes())) return *info;
  }
  return decode(file, -1, [](int64_t, std::span<const int16_t>) {});
}

void read_wav(const std::filesystem::path& file, const WavInfo& info, std::span<int16_t> samples) {
  if (info.first_byte >= 0) {
    if (base::InputFile(file).read(info.first_byte, samples.data(), samples.size_bytes()) != samples.size_bytes())
      throw_changed(file);
    return;
  }
  const WavInfo now = decode(file, info.channel, [&](int64_t at, std::span<const int16_t> block) {
    if (static_cast<size_t>(at) + block.size() > samples.size()) throw_changed(file);
    std::copy(block.begin(), block.end(), samples.begin() + at);
  });
  if (now.samples != info.samples) throw_changed(file);
}

}  // namespace vits::data
