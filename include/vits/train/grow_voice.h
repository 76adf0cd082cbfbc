// Makes room in a voice for what it is to learn: speakers and characters. What it could do before, it does as before:
// new layers add nothing until they are trained, and old rows keep their places and values.
#pragma once
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"

namespace vits::train {

// A name for every speaker, by id; a number where the voice has no name. Empty for a voice without speakers.
std::vector<std::string> speakers_by_id(const checkpoint::VoiceFiles& voice);

// Adds the names that the voice does not have. A voice of one speaker gets the conditioning of one with several, all of
// it 0; the first name then stands for the voice as it was. New speakers of a voice with several begin as the average
// of the old ones.
void grow_speakers(checkpoint::VoiceFiles& voice, const std::vector<std::string>& names, int64_t seed);

// Adds characters behind the known ones; those that the voice has are left out. A new one begins near the average of
// the old rows.
void grow_vocabulary(checkpoint::VoiceFiles& voice, const std::vector<std::string>& symbols, int64_t seed);

}  // namespace vits::train
