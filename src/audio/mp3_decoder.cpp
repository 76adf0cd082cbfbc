#include <mpg123.h>

#include <algorithm>
#include <cstdio>

#include "decoder.h"
#include "vits/base/error.h"

namespace vits::audio {

namespace {

std::string layer_name(mpg123_handle* handle) {
  mpg123_frameinfo info{};
  if (mpg123_info(handle, &info) != MPG123_OK || info.layer == 3) return "MP3";
  return fmt::format("MPEG audio, layer {}", info.layer);
}

}  // namespace

std::unique_ptr<SoundReader::Mp3Decoder> SoundReader::Mp3Decoder::open(ByteSource& source, std::string& why) {
  std::unique_ptr<Mp3Decoder> decoder(new Mp3Decoder);
  decoder->source_ = &source;
  mpg123_handle* const handle = mpg123_new(nullptr, nullptr);
  if (!handle) throw Error("libmpg123 cannot start");
  decoder->handle_ = handle;
  mpg123_param(handle, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_FORCE_FLOAT, 0.0);
  mpg123_param(handle, MPG123_REMOVE_FLAGS, MPG123_AUTO_RESAMPLE, 0.0);
  const auto read = [](void* user, void* to, size_t count) -> ssize_t {
    Mp3Decoder& self = *static_cast<Mp3Decoder*>(user);
    const size_t taken = self.source_->read(self.at_, {static_cast<char*>(to), count});
    self.at_ += static_cast<int64_t>(taken);
    return static_cast<ssize_t>(taken);
  };
  const auto seek = [](void* user, off_t offset, int whence) -> off_t {
    Mp3Decoder& self = *static_cast<Mp3Decoder*>(user);
    const int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self.at_ : self.source_->size();
    int64_t to = 0;
    if (__builtin_add_overflow(from, static_cast<int64_t>(offset), &to) || to < 0) return -1;
    return self.at_ = to;
  };
  long rate = 0;
  int channels = 0, encoding = 0;
  if (mpg123_replace_reader_handle(handle, read, seek, nullptr) != MPG123_OK
      || mpg123_open_handle(handle, decoder.get()) != MPG123_OK
      || mpg123_getformat(handle, &rate, &channels, &encoding) != MPG123_OK || encoding != MPG123_ENC_FLOAT_32) {
    why = mpg123_strerror(handle);
    while (!why.empty() && (why.back() == '.' || why.back() == '\n')) why.pop_back();
    return nullptr;
  }
  decoder->sample_rate_hz = rate;
  decoder->channels = channels;
  decoder->format = layer_name(handle);
  return decoder;
}

SoundReader::Mp3Decoder::~Mp3Decoder() {
  if (handle_) mpg123_delete(handle_);
}

size_t SoundReader::Mp3Decoder::read(std::span<float> frames) {
  const size_t frame_bytes = static_cast<size_t>(channels) * sizeof(float);
  size_t done = 0;
  for (;;) {
    const size_t room = frames.size_bytes() / frame_bytes * frame_bytes;
    const int result = mpg123_read(handle_, frames.data(), room, &done);
    if (result == MPG123_NEW_FORMAT) {
      long rate = 0;
      int now = 0, encoding = 0;
      mpg123_getformat(handle_, &rate, &now, &encoding);
      if (rate != sample_rate_hz || now != channels)
        throw Error("it changes from {} Hz and {} channels to {} Hz and {} on the way", sample_rate_hz, channels, rate,
                    now);
    } else if (result != MPG123_OK && result != MPG123_DONE) {
      throw Error("libmpg123 cannot decode the rest ({})", mpg123_strerror(handle_));
    }
    if (done > 0 || result == MPG123_DONE) return done / frame_bytes;
  }
}

}  // namespace vits::audio
