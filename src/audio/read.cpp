#include "vits/audio/read.h"

#include <algorithm>
#include <cstring>

#include "content.h"
#include "decoder.h"
#include "vits/base/error.h"

namespace vits::audio {

namespace {

constexpr int64_t kLeastRate = 4000, kMostRate = 192000, kMostChannels = 64;
constexpr size_t kReadSamples = 1 << 14;  // of all channels

std::string with_separators(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

// An exponent of ones, and only that, carries into the sign when one is added to it.
bool all_finite(std::span<const float> samples) {
  uint32_t seen = 0;
  for (const float sample : samples) {
    uint32_t bits;
    std::memcpy(&bits, &sample, sizeof bits);
    seen |= (bits & 0x7f800000u) + 0x00800000u;
  }
  return !(seen & 0x80000000u);
}

}  // namespace

struct SoundReader::Opened {
  std::unique_ptr<ByteSource> source;
  std::string name;
  std::unique_ptr<Decoder> decoder;
  std::optional<Shortfall> shortfall;
  int64_t decoded = 0;
  std::vector<float> block;  // interleaved

  void check_end() const {
    const int64_t declared =
        shortfall && shortfall->declared_samples ? *shortfall->declared_samples : decoder->declared();
    if (!shortfall && decoded >= declared) return;
    constexpr const char* kAdvice = "The file was cut short: copy or download it again, or record it again.";
    if (declared < 0)
      throw Error("{}: the {} ends in the middle of a page, after {} samples. {}", name, decoder->format,
                  with_separators(decoded), kAdvice);
    throw Error("{} ends after {} of {} samples. {}", name, with_separators(decoded), with_separators(declared),
                kAdvice);
  }
};

SoundReader::SoundReader(const std::filesystem::path& path) : opened_(std::make_unique<Opened>()) {
  opened_->source = file_source(path);
  opened_->name = path.string();
  open();
}

SoundReader::SoundReader(std::span<const char> bytes, const std::string& name) : opened_(std::make_unique<Opened>()) {
  opened_->source = memory_source(bytes);
  opened_->name = name;
  open();
}

SoundReader::~SoundReader() = default;

void SoundReader::open() {
  ByteSource& source = *opened_->source;
  const std::string& name = opened_->name;
  if (source.size() == 0) throw Error("{} is empty. Copy or download it again, or leave it out.", name);
  const Content content = content_of(source);
  std::string why;
  if (content.library == Library::kSndfile) opened_->decoder = SndfileDecoder::open(source, why);
  if (content.library == Library::kMpg123) opened_->decoder = Mp3Decoder::open(source, why);
  if (opened_->decoder) {
    opened_->shortfall = shortfall_of(source);
  } else {
    try {
      opened_->decoder = std::make_unique<FfmpegDecoder>(source, content.kind);
    } catch (const Error& error) {
      if (why.empty()) throw Error("{}: {}.", name, error.what());
      throw Error("{} seems to be {}, but {} says: {}; {}.", name, content.kind,
                  content.library == Library::kMpg123 ? "libmpg123" : "libsndfile", why, error.what());
    }
  }
  const Decoder& decoder = *opened_->decoder;
  if (decoder.sample_rate_hz < kLeastRate || decoder.sample_rate_hz > kMostRate)
    throw Error("{} says that it has {} samples a second; {} to {} are read here.", name,
                with_separators(decoder.sample_rate_hz), with_separators(kLeastRate), with_separators(kMostRate));
  if (decoder.channels < 1 || decoder.channels > kMostChannels)
    throw Error("{} says that it has {} channels; 1 to {} are read here.", name, decoder.channels, kMostChannels);
}

int64_t SoundReader::sample_rate_hz() const { return opened_->decoder->sample_rate_hz; }
int64_t SoundReader::channels() const { return opened_->decoder->channels; }
const std::string& SoundReader::format() const { return opened_->decoder->format; }

size_t SoundReader::read(std::span<float> samples) {
  Decoder& decoder = *opened_->decoder;
  const auto channels = static_cast<size_t>(decoder.channels);
  size_t done = 0;
  while (done < samples.size()) {
    const auto rest = samples.subspan(done);
    std::span<float> block = rest;
    if (channels > 1) {
      opened_->block.resize(std::min(rest.size(), kReadSamples / channels) * channels);
      block = opened_->block;
    }
    size_t count = 0;
    try {
      count = decoder.read(block);
    } catch (const Error& error) {
      throw Error("{}: {}, after {}{} samples.", opened_->name, error.what(), with_separators(opened_->decoded),
                  decoder.declared() > 0 ? " of " + with_separators(decoder.declared()) : "");
    }
    if (count == 0) {
      opened_->check_end();
      break;
    }
    if (!all_finite(block.first(count * channels)))
      throw Error("{} holds values that are no numbers (NaN or infinite) after {} samples. Export it again.",
                  opened_->name, with_separators(opened_->decoded));
    if (channels > 1) {
      const float share = 1.0f / static_cast<float>(channels);
      for (size_t i = 0; i < count; ++i) {
        float sum = 0.0f;
        for (size_t channel = 0; channel < channels; ++channel) sum += block[i * channels + channel];
        rest[i] = sum * share;
      }
    }
    done += count;
    opened_->decoded += static_cast<int64_t>(count);
  }
  return done;
}

namespace {

Sound whole(SoundReader& reader, const std::string& name, double most_seconds) {
  Sound sound;
  sound.sample_rate_hz = reader.sample_rate_hz();
  const double most = most_seconds * static_cast<double>(sound.sample_rate_hz);
  constexpr size_t kPiece = 1 << 15;
  for (;;) {
    const size_t before = sound.samples.size();
    sound.samples.resize(before + kPiece);
    const size_t count = reader.read(std::span(sound.samples).subspan(before));
    sound.samples.resize(before + count);
    if (static_cast<double>(sound.samples.size()) > most)
      throw Error("{} is longer than {} s. Cut it into sentences, or give a manifest with begin and end.", name,
                  most_seconds);
    if (count < kPiece) return sound;
  }
}

}  // namespace

Sound read_sound(const std::filesystem::path& path, double most_seconds) {
  SoundReader reader(path);
  return whole(reader, path.string(), most_seconds);
}

Sound read_sound(std::span<const char> bytes, const std::string& name, double most_seconds) {
  SoundReader reader(bytes, name);
  return whole(reader, name, most_seconds);
}

}  // namespace vits::audio
