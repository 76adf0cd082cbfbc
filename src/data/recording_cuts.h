// The parts of one recording that are clips, cut while it is decoded: a recording of hours is read once and never held.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "vits/audio/read.h"

namespace vits::data {

struct CutPart {
  size_t clip = 0;  // the caller's number for it
  double begin_seconds = 0.0;
  double end_seconds = -1.0;  // -1: to the end of the recording
};

struct CutRules {
  double most_seconds = 0.0;     // of a part; what lies beyond is not decoded for it
  bool moves_to_pauses = false;  // of parts that are not the whole: to the quietest place nearby
};

// Calls one of the two for every part: `take` with its samples, or `reject` with "kind: reason". `name` is the
// recording's. What cannot be decoded rejects the parts that need it; Errors of `take` are not caught.
void cut_recording(audio::SoundReader& reader, const std::string& name, std::vector<CutPart> parts,
                   const CutRules& rules,
                   const std::function<void(const CutPart&, std::span<const float> samples)>& take,
                   const std::function<void(const CutPart&, const std::string& reason)>& reject);

}  // namespace vits::data
