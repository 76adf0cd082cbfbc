// Sound in: any file or bytes that hold sound become samples of one channel at the rate they were recorded with.
//
// What a file is, is told by its content, never by its name. libsndfile reads WAV, FLAC, OGG Vorbis, Opus, AIFF and
// their kin, libmpg123 MP3; what neither knows (M4A, AAC, MP4, WebM, WMA) is given to the program ffmpeg, if there is
// one, by a pipe: a process of its own cannot bring ours down. Channels are averaged, unless
// one is asked for.
//
// Files come from anybody and headers lie: no allocation follows a header's word, and a length is what was decoded.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vits::audio {

struct Sound {
  std::vector<float> samples;  // one channel, finite
  int64_t sample_rate_hz = 0;

  double seconds() const {
    return sample_rate_hz > 0 ? static_cast<double>(samples.size()) / static_cast<double>(sample_rate_hz) : 0.0;
  }
};

// Sound as it comes, for recordings too long to hold. May be used by one thread.
class SoundReader {
 public:
  // `name` is what messages call the bytes, which must outlive the reader.
  explicit SoundReader(const std::filesystem::path& path);
  SoundReader(std::span<const char> bytes, const std::string& name);
  ~SoundReader();
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  int64_t sample_rate_hz() const;
  int64_t channels() const;
  const std::string& format() const;  // for people: "MP3", "WAV, 16-bit"

  // Instead of the average; from 0.
  void take_channel(int64_t channel);

  // Whether the average of what was read has lost nearly all that the channels hold (30 dB), as that of a microphone
  // wired the wrong way round on one side has. Each channel is then whole by itself.
  bool channels_cancel() const;
  int64_t loudest_channel() const;  // of what was read, when the channels were averaged

  // The next samples, averaged over the channels: fewer than asked for at the end, then none. Throws Error that names
  // the file when the rest cannot be decoded, ends before the header said, or holds a value that is not finite.
  size_t read(std::span<float> samples);

 private:
  class Decoder;
  class SndfileDecoder;
  class Mp3Decoder;
  class FfmpegDecoder;
  struct Opened;
  void open();
  std::unique_ptr<Opened> opened_;
};

// Whole. Throws Error that names the file when it cannot be read or is longer than `most_seconds`.
Sound read_sound(const std::filesystem::path& path, double most_seconds);
Sound read_sound(std::span<const char> bytes, const std::string& name, double most_seconds);

}  // namespace vits::audio
