// Every clip of a training folder through the speaker encoder, in parallel.
#pragma once
#include <string>
#include <vector>

#include "vits/data/label_speakers.h"
#include "vits/data/training_set.h"
#include "voice_cache.h"

namespace vits::data {

struct HeardClip {
  HeardVoice heard;
  std::string unheard;  // why it could not be heard; empty: it was
};

struct HeardClips {
  std::vector<HeardClip> clips;  // as in TrainingSet::clips
  int64_t heard = 0, known_from_before = 0;
};

HeardClips hear_voices(const TrainingSet& set, int64_t threads, const SpeakerListener& listener);

}  // namespace vits::data
