// What a sound file is and how long it says to be, read from its first bytes and its chunks without decoding it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "byte_source.h"

namespace vits::audio {

enum class Library { kNone, kSndfile, kMpg123 };

struct Content {
  std::string kind;                  // for people: "WAV", "M4A or MP4"; empty when unknown
  Library library = Library::kNone;  // that reads such files (their codecs are another matter)
};

Content content_of(ByteSource& source);

// What a file's header promises and its bytes do not hold.
struct Shortfall {
  std::optional<int64_t> declared_samples;  // of one channel; none: the format does not say
};

// Looks at WAV, AIFF, MP3 with a Xing header and Ogg: the ones that are decoded to an early end in silence.
std::optional<Shortfall> shortfall_of(ByteSource& source);

}  // namespace vits::audio
