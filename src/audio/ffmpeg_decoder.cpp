#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "decoder.h"
#include "vits/base/error.h"

namespace vits::audio {

namespace {

// Only what may be sound, and nothing that opens further files or addresses, as play lists do.
constexpr const char* kFormats =
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv";

// The path as ffmpeg's file protocol takes it: a name may hold colons or begin with a dash.
std::string address_of(const std::filesystem::path& path) { return "file:" + std::filesystem::absolute(path).string(); }

// The last thing ffmpeg said, without what stands before it: the name of the file, or of a part of ffmpeg with an
// address that differs from run to run.
std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (line.find_first_not_of(" \r\t") != std::string::npos) last = line;
  if (last.starts_with("file:")) last = last.substr(std::min(last.size(), last.rfind(": ") + 2));
  if (last.starts_with("[") && last.find("] ") != std::string::npos) last = last.substr(last.find("] ") + 2);
  while (!last.empty() && last.back() == '.') last.pop_back();
  return last.empty() ? "it gave no reason" : last;
}

uint32_t little_endian(const char* at, int width) {
  uint32_t value = 0;
  for (int i = width - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

}  // namespace

SoundReader::FfmpegDecoder::FfmpegDecoder(ByteSource& source, const std::string& kind) {
  format = kind.empty() ? "sound" : kind;
  if (base::find_program("ffmpeg").empty())
    throw Error(
        "{}, which is read by the program ffmpeg, and that is not installed. Install it: apt-get install ffmpeg",
        kind.empty() ? "libsndfile does not know what it is; it may be a sound" : "it is " + kind);
  std::filesystem::path path = source.path();
  if (path.empty()) {
    folder_ = std::make_unique<base::TemporaryFolder>();
    path = folder_->path() / "sound";
    std::ofstream file(path, std::ios::binary);
    for (int64_t at = 0; at < source.size();) {
      const std::string piece = source.read_some(at, 1 << 20);
      file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      at += static_cast<int64_t>(piece.size());
    }
    if (!file.flush()) throw Error("{} cannot be written for ffmpeg to read. Is the disk full?", path.string());
  }
  // A WAV header comes first in the pipe and tells the rate and the channels.
  program_ = std::make_unique<base::ProgramOutput>(std::vector<std::string>{"ffmpeg",
                                                                            "-v",
                                                                            "error",
                                                                            "-nostdin",
                                                                            "-xerror",
                                                                            "-protocol_whitelist",
                                                                            "file",
                                                                            "-format_whitelist",
                                                                            kFormats,
                                                                            "-i",
                                                                            address_of(path),
                                                                            "-map",
                                                                            "0:a:0",
                                                                            "-c:a",
                                                                            "pcm_f32le",
                                                                            "-map_metadata",
                                                                            "-1",
                                                                            "-protocol_whitelist",
                                                                            "pipe",
                                                                            "-f",
                                                                            "wav",
                                                                            "pipe:1"});
  read_header();
}

bool SoundReader::FfmpegDecoder::fill(size_t bytes) {
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<int64_t>(used_));
  used_ = 0;
  constexpr size_t kRoom = 1 << 16;
  while (pending_.size() < bytes) {
    const size_t before = pending_.size();
    pending_.resize(before + kRoom);
    const size_t came = program_->read(std::span(pending_).subspan(before));
    pending_.resize(before + came);
    if (came == 0) return false;
  }
  return true;
}

void SoundReader::FfmpegDecoder::fail(const std::string& what) {
  const auto finished = program_->finish();
  throw Error("{} ({})", what, last_line(finished.error_output));
}

void SoundReader::FfmpegDecoder::read_header() {
  const auto need = [this](size_t bytes) {
    if (!fill(bytes)) fail("ffmpeg finds no sound in it");
  };
  need(12);
  if (std::memcmp(pending_.data(), "RIFF", 4) != 0) fail("ffmpeg gives no WAV");
  used_ = 12;
  for (;;) {
    need(8);
    const std::string name(pending_.data(), 4);
    const uint32_t size = little_endian(pending_.data() + 4, 4);
    used_ = 8;
    if (name == "data") break;
    if (size > (1u << 20)) fail("ffmpeg gives a strange header");
    need(size + (size & 1));
    if (name == "fmt " && size >= 16) {
      channels = little_endian(pending_.data() + 2, 2);
      sample_rate_hz = little_endian(pending_.data() + 4, 4);
    }
    used_ = size + (size & 1);
  }
  if (channels < 1 || sample_rate_hz < 1) fail("ffmpeg finds no sound in it");
}

size_t SoundReader::FfmpegDecoder::read(std::span<float> frames) {
  const size_t frame_bytes = static_cast<size_t>(channels) * sizeof(float);
  if (pending_.size() - used_ < frame_bytes && !fill(frame_bytes)) {
    check_end();
    return 0;
  }
  const size_t count = std::min(frames.size_bytes(), pending_.size() - used_) / frame_bytes;
  std::memcpy(frames.data(), pending_.data() + used_, count * frame_bytes);
  used_ += count * frame_bytes;
  return count;
}

void SoundReader::FfmpegDecoder::check_end() {
  if (!program_) return;
  const auto finished = program_->finish();
  program_.reset();
  if (finished.exit_code != 0 || !finished.error_output.empty())
    throw Error("ffmpeg cannot decode the rest ({})", last_line(finished.error_output));
}

}  // namespace vits::audio
