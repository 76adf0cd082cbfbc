// A voice of random weights, to begin a training from nothing or to try the program on.
//
// The scale of every layer is that of a trained voice, so that such a voice babbles audibly instead of being silent,
// and the same seed gives the same bytes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/checkpoint/voice_files.h"

namespace vits::exporter {

struct NewVoiceOptions {
  std::string size = "mms";
  std::string alphabet = " '-abcdefghijklmnopqrstuvwxyz";
  std::string language = "eng";
  std::vector<std::string> speakers;
  int64_t seed = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("size", size, base::one_of({"mms", "tiny"}),
          "mms: that of facebook/mms-tts-*, 36 million parameters; tiny: the same parts, narrow, under 2 MB.");
    field("alphabet", alphabet, base::any(), "Every character that the voice can read, as one text.");
    field("language", language, base::any(), "ISO 639-3 code of what it will speak.");
    field("speakers", speakers, base::any(), "A speaker's name; give the flag once for each of several speakers.");
    field("seed", seed, base::at_least(0), "Of the random weights.");
  }
};

// With discriminators. Throws UsageError for an alphabet without a letter or with the blank, "_", in it.
checkpoint::VoiceFiles new_voice(const NewVoiceOptions& options);

}  // namespace vits::exporter
