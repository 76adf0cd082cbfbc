#include "vits/audio/read.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

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

// Of an average and of the channels it was made from. One frame in sixteen tells as much as all.
class ChannelPowers {
 public:
  static constexpr size_t kEvery = 16;

  void add(float average, std::span<const float> frame) {
    channels_.resize(frame.size());
    average_ += double{average} * average;
    for (size_t channel = 0; channel < frame.size(); ++channel)
      channels_[channel] += double{frame[channel]} * frame[channel];
  }
  bool cancel() const {
    constexpr double kLeastShare = 1e-3;
    const double sum = std::accumulate(channels_.begin(), channels_.end(), 0.0);
    return average_ * static_cast<double>(channels_.size()) < kLeastShare * sum;
  }
  int64_t loudest() const { return std::max_element(channels_.begin(), channels_.end()) - channels_.begin(); }

 private:
  double average_ = 0.0;
  std::vector<double> channels_;
};

}  // namespace

struct SoundReader::Opened {
  std::unique_ptr<ByteSource> source;
  std::string name;
  std::unique_ptr<Decoder> decoder;
  std::optional<Shortfall> shortfall;
  int64_t decoded = 0;
  std::vector<float> block;  // interleaved
  std::optional<size_t> only_channel;
  ChannelPowers powers;

  // `result` may be longer.
  void make_one_channel(std::span<const float> frames, std::span<float> result) {
    const auto channels = static_cast<size_t>(decoder->channels);
    const size_t count = frames.size() / channels;
    if (only_channel) {
      for (size_t i = 0; i < count; ++i) result[i] = frames[i * channels + *only_channel];
      return;
    }
    const float share = 1.0f / static_cast<float>(channels);
    for (size_t i = 0; i < count; ++i) {
      float sum = 0.0f;
      for (size_t channel = 0; channel < channels; ++channel) sum += frames[i * channels + channel];
      result[i] = sum * share;
    }
    const auto past = static_cast<size_t>(decoded) % ChannelPowers::kEvery;
    for (size_t i = past == 0 ? 0 : ChannelPowers::kEvery - past; i < count; i += ChannelPowers::kEvery)
      powers.add(result[i], frames.subspan(i * channels, channels));
  }

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

void SoundReader::take_channel(int64_t channel) { opened_->only_channel = static_cast<size_t>(channel); }
bool SoundReader::channels_cancel() const { return opened_->powers.cancel(); }
int64_t SoundReader::loudest_channel() const { return opened_->powers.loudest(); }

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
    const auto found = block.first(count * channels);
    if (!all_finite(found)) {
      const auto bad = std::find_if_not(found.begin(), found.end(), [](float sample) { return std::isfinite(sample); });
      const int64_t good = opened_->decoded + (bad - found.begin()) / decoder.channels;
      throw Error("{} holds values that are no numbers (NaN or infinite) after {} samples. Export it again.",
                  opened_->name, with_separators(good));
    }
    if (channels > 1) opened_->make_one_channel(found, rest);
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
