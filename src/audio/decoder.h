// The ways a sound is decoded, behind one face.
#pragma once
#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "byte_source.h"
#include "vits/audio/read.h"
#include "vits/base/files.h"
#include "vits/base/process.h"

struct mpg123_handle_struct;

namespace vits::audio {

class SoundReader::Decoder {
 public:
  virtual ~Decoder() = default;
  // Interleaved samples of `frames.size() / channels` moments; gives how many moments came, 0 at the end. Throws Error
  // without the file's name when they cannot be decoded.
  virtual size_t read(std::span<float> frames) = 0;
  // Moments that the header promises, where the decoder would pass over an early end in silence; -1: it says nothing.
  virtual int64_t declared() const { return -1; }

  int64_t sample_rate_hz = 0, channels = 0;
  std::string format;
};

class SoundReader::SndfileDecoder : public SoundReader::Decoder {
 public:
  // Empty when libsndfile does not know the bytes; `why` is then its reason.
  static std::unique_ptr<SndfileDecoder> open(ByteSource& source, std::string& why);
  ~SndfileDecoder() override;
  size_t read(std::span<float> frames) override;
  int64_t declared() const override { return declared_; }

 private:
  SndfileDecoder() = default;
  // What libsndfile calls back for bytes.
  struct Place {
    ByteSource* source = nullptr;
    int64_t at = 0;
  };
  Place place_;
  SNDFILE* file_ = nullptr;
  int64_t declared_ = -1;
  std::string failure_;  // of the last read, which still gave samples
};

// libmpg123 itself: libsndfile, which uses it too, lets it write of every damaged frame on the error output.
class SoundReader::Mp3Decoder : public SoundReader::Decoder {
 public:
  // Empty when libmpg123 finds no MPEG audio; `why` is then its reason.
  static std::unique_ptr<Mp3Decoder> open(ByteSource& source, std::string& why);
  ~Mp3Decoder() override;
  size_t read(std::span<float> frames) override;

 private:
  Mp3Decoder() = default;
  ByteSource* source_ = nullptr;
  int64_t at_ = 0;
  mpg123_handle_struct* handle_ = nullptr;
};

class SoundReader::FfmpegDecoder : public SoundReader::Decoder {
 public:
  // Throws Error without the file's name when ffmpeg is missing or finds no sound. `kind` is what the content seems to
  // be.
  FfmpegDecoder(ByteSource& source, const std::string& kind);
  size_t read(std::span<float> frames) override;

 private:
  bool fill(size_t bytes);  // false: the end came before
  void read_header();
  [[noreturn]] void fail(const std::string& what);
  void check_end();

  std::unique_ptr<base::TemporaryFolder> folder_;  // for sound in memory: MP4 is not read from a pipe
  std::unique_ptr<base::ProgramOutput> program_;
  std::vector<char> pending_;  // bytes that came
  size_t used_ = 0;            // of them
};

}  // namespace vits::audio
