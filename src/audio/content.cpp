#include "content.h"

#include <algorithm>
#include <string_view>

namespace vits::audio {

namespace {

using std::string_view;
using namespace std::string_view_literals;

uint64_t number(string_view bytes, size_t at, int width, bool big_endian) {
  uint64_t value = 0;
  for (int i = 0; i < width; ++i) {
    const size_t place = at + static_cast<size_t>(big_endian ? i : width - 1 - i);
    value = value << 8 | (place < bytes.size() ? static_cast<unsigned char>(bytes[place]) : 0u);
  }
  return value;
}

// MP3s and others may begin with ID3 tags: "ID3", version, flags, four times seven bits of length.
int64_t after_id3(ByteSource& source) {
  int64_t at = 0;
  for (int tags = 0; tags < 4; ++tags) {
    const std::string head = source.read_some(at, 10);
    if (head.size() < 10 || !head.starts_with("ID3")) break;
    int64_t length = 0;
    for (size_t i = 6; i < 10; ++i) length = length << 7 | (static_cast<unsigned char>(head[i]) & 0x7f);
    at += 10 + length + (head[5] & 0x10 ? 10 : 0);
  }
  return at;
}

bool is_mpeg_frame(string_view head) {
  if (head.size() < 4) return false;
  const uint64_t word = number(head, 0, 4, true);
  return word >> 21 == 0x7ff && (word >> 19 & 3) != 1 && (word >> 17 & 3) != 0 && (word >> 12 & 15) != 15
         && (word >> 10 & 3) != 3;
}

struct Chunk {
  std::string name;
  int64_t begin = 0;  // of its contents
  uint64_t size = 0;  // as declared
};

// Walks the chunks of a RIFF or IFF file; `use` returns false to end.
template <class Use>
void walk_chunks(ByteSource& source, bool big_endian, Use use) {
  constexpr int kMostChunks = 10'000;
  int64_t at = 12;
  for (int i = 0; i < kMostChunks; ++i) {
    const std::string head = source.read_some(at, 8);
    if (head.size() < 8) return;
    const Chunk chunk{head.substr(0, 4), at + 8, number(head, 4, 4, big_endian)};
    if (!use(chunk)) return;
    at = chunk.begin + static_cast<int64_t>(chunk.size + (chunk.size & 1));
  }
}

// Some writers put the size of the file, or one that is off by a header, where the data's belongs. So little is not
// heard.
constexpr uint64_t kForgivenBytes = 64;

std::optional<Shortfall> wav_shortfall(ByteSource& source, bool big_endian) {
  uint64_t block_bytes = 0, block_samples = 1, long_size = 0;
  std::optional<Shortfall> found;
  walk_chunks(source, big_endian, [&](const Chunk& chunk) {
    if (chunk.name == "fmt ") {
      const std::string format = source.read_some(chunk.begin, 20);
      const uint64_t tag = number(format, 0, 2, big_endian);
      block_bytes = number(format, 12, 2, big_endian);
      constexpr uint64_t kMicrosoftAdpcm = 0x02, kImaAdpcm = 0x11;
      if (tag == kMicrosoftAdpcm || tag == kImaAdpcm) block_samples = number(format, 18, 2, big_endian);
    } else if (chunk.name == "ds64") {
      long_size = number(source.read_some(chunk.begin, 16), 8, 8, big_endian);
    } else if (chunk.name == "data") {
      uint64_t size = chunk.size;
      if (size == 0xffffffff && long_size) size = long_size;
      // Programs that write into a pipe cannot know: ffmpeg and sox put a number near 2 or 4 GiB.
      else if (size >= 0xfffff000 || (size >= 0x7ffff000 && size <= 0x80000000))
        return false;
      const auto present = static_cast<uint64_t>(std::max<int64_t>(0, source.size() - chunk.begin));
      if (block_bytes > 0 && size > present + kForgivenBytes && size / block_bytes > present / block_bytes)
        found = Shortfall{static_cast<int64_t>(std::min(size / block_bytes, uint64_t{1} << 46) * block_samples)};
      return false;
    }
    return true;
  });
  return found;
}

std::optional<Shortfall> aiff_shortfall(ByteSource& source) {
  uint64_t samples = 0;
  std::optional<Shortfall> found;
  walk_chunks(source, true, [&](const Chunk& chunk) {
    if (chunk.name == "COMM") samples = number(source.read_some(chunk.begin, 6), 2, 4, true);
    if (chunk.name != "SSND") return true;
    const auto present = static_cast<uint64_t>(std::max<int64_t>(0, source.size() - chunk.begin));
    if (samples > 0 && chunk.size > present + kForgivenBytes) found = Shortfall{static_cast<int64_t>(samples)};
    return false;
  });
  return found;
}

// The first frame of most MP3s holds no sound but a note of how many frames and bytes follow: after the side
// information "Xing" or "Info", flags, frames, bytes.
std::optional<Shortfall> mp3_shortfall(ByteSource& source) {
  const int64_t begin = after_id3(source);
  const std::string frame = source.read_some(begin, 64);
  if (!is_mpeg_frame(frame)) return {};
  const bool version_1 = (frame[1] >> 3 & 3) == 3, one_channel = (frame[3] >> 6 & 3) == 3;
  const size_t note = 4u + (version_1 ? (one_channel ? 17u : 32u) : (one_channel ? 9u : 17u));
  if (frame.compare(note, 4, "Xing") != 0 && frame.compare(note, 4, "Info") != 0) return {};
  const uint64_t flags = number(frame, note + 4, 4, true);
  if ((flags & 3) != 3) return {};
  const uint64_t frames = number(frame, note + 8, 4, true), bytes = number(frame, note + 12, 4, true);
  const auto present = static_cast<uint64_t>(source.size() - begin);
  if (bytes <= present + kForgivenBytes) return {};
  return Shortfall{static_cast<int64_t>(frames * (version_1 ? 1152 : 576))};
}

// An Ogg page: "OggS", ..., number of segments at 26, their lengths, their bytes. The last one must be whole.
std::optional<Shortfall> ogg_shortfall(ByteSource& source) {
  constexpr int64_t kLongestPage = 27 + 255 + 255 * 255;
  const int64_t begin = std::max<int64_t>(0, source.size() - kLongestPage - 4);
  const std::string tail = source.read_some(begin, static_cast<size_t>(kLongestPage + 4));
  const size_t page = tail.rfind("OggS");
  if (page == std::string::npos) return {};
  const size_t segments = number(tail, page + 26, 1, false);
  size_t end = page + 27 + segments;
  for (size_t i = 0; i < segments; ++i) end += number(tail, page + 27 + i, 1, false);
  if (end <= tail.size() && page + 27 <= tail.size()) return {};
  return Shortfall{};
}

struct Mark {
  size_t at;
  string_view bytes;
  const char* kind;
  Library library;
};

constexpr Mark kMarks[] = {
    {8, "WAVE"sv, "WAV", Library::kSndfile},
    {8, "AIFF"sv, "AIFF", Library::kSndfile},
    {8, "AIFC"sv, "AIFF", Library::kSndfile},
    {0, "fLaC"sv, "FLAC", Library::kSndfile},
    {0, "OggS"sv, "Ogg", Library::kSndfile},
    {0, ".snd"sv, "AU", Library::kSndfile},
    {0, "caff"sv, "CAF", Library::kSndfile},
    {0, "riff\x2e\x91\xcf\x11"sv, "Wave64", Library::kSndfile},
    {0, "NIST_1A"sv, "NIST SPHERE", Library::kSndfile},
    {4, "ftyp"sv, "M4A or MP4", Library::kNone},
    {4, "moov"sv, "M4A or MP4", Library::kNone},
    {4, "mdat"sv, "M4A or MP4", Library::kNone},
    {0, "\x1a\x45\xdf\xa3"sv, "WebM or Matroska", Library::kNone},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, "WMA", Library::kNone},
    {0, "#!AMR"sv, "AMR", Library::kNone},
    {0, "ADIF"sv, "AAC", Library::kNone},
    {0, "FLV\x01"sv, "FLV", Library::kNone},
    {8, "AVI "sv, "AVI", Library::kNone},
    {0, "\x0b\x77"sv, "AC-3", Library::kNone},
    {0, "MAC "sv, "Monkey's Audio", Library::kNone},
    {0, "wvpk"sv, "WavPack", Library::kNone},
    {0, "TTA1"sv, "TTA", Library::kNone},
};

}  // namespace

Content content_of(ByteSource& source) {
  const std::string head = source.read_some(after_id3(source), 16);
  for (const Mark& mark : kMarks)
    if (head.size() >= mark.at + mark.bytes.size() && head.compare(mark.at, mark.bytes.size(), mark.bytes) == 0)
      return {mark.kind, mark.library};
  if (is_mpeg_frame(head)) return {"MP3", Library::kMpg123};
  // AAC's frames begin as MP3's do, with a layer that MP3 has not.
  if (head.size() >= 2 && (number(head, 0, 2, true) & 0xfff6) == 0xfff0) return {"AAC", Library::kNone};
  return {};
}

std::optional<Shortfall> shortfall_of(ByteSource& source) {
  const std::string head = source.read_some(0, 12);
  const auto is = [&](string_view form, string_view type) {
    return head.starts_with(form) && head.compare(8, 4, type) == 0;
  };
  if (head.size() < 12) return {};
  if (is("RIFF", "WAVE") || is("RF64", "WAVE")) return wav_shortfall(source, false);
  if (is("RIFX", "WAVE")) return wav_shortfall(source, true);
  if (is("FORM", "AIFF") || is("FORM", "AIFC")) return aiff_shortfall(source);
  if (head.starts_with("OggS")) return ogg_shortfall(source);
  return mp3_shortfall(source);
}

}  // namespace vits::audio
