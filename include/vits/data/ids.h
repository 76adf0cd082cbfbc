// Ids that can be file names on any system and are never the same twice, whatever a source calls its clips.
//
// An id stays as it is if it can: letters of all scripts, digits, blanks inside. Folders become part of the name
// ("../anna/001" is anna_001); control characters and what Windows forbids become _; a leading dot and a device's name
// (nul, con) get a _ before them; more than 150 bytes are cut and end in a hash. Ids that differ in case alone, or only
// in how an accent is written, are the same to Windows and macOS, so they count as the same here.
//
// Of clips with the same id the first keeps it, the later ones get a hash of what they are: file, place in it, text. So
// an id does not change when clips that have nothing to do with it come or go.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vits/data/clip.h"

namespace vits::data {

inline constexpr size_t kLongestIdBytes = 150;

// Called once with the clips of all sources, in their order.
void make_ids_safe(std::vector<Clip>& clips);

std::string safe_id(std::string_view id);  // one alone; "clip" when nothing is left

}  // namespace vits::data
