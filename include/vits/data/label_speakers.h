// Who speaks in each clip of a training folder: hears every clip, groups what is one voice, and says how sure that is.
//
// Clips that a manifest gives a speaker to keep theirs, and clips of the same voice without one get it too. Clips that
// `prepare` cut from one recording are taken together when they are one voice. What was heard is kept in
// .cache/speakers, so that a further run hears only clips that are new or changed.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/data/training_set.h"
#include "vits/speaker/voice_encoder.h"

namespace vits::data {

struct SpeakerOptions {
  int64_t speakers = 0;
  int64_t max_speakers = 40;
  int64_t min_clips = 3;
  bool relabel = false;
  bool separate_clips = false;
  int64_t threads = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("speakers", speakers, base::between(0, 10000), "How many people speak, if you know it; 0: find out.");
    field("max_speakers", max_speakers, base::between(1, 1000), "Do not find more than this many.");
    field("min_clips", min_clips, base::at_least(1),
          "A speaker of fewer clips is given to a similar one, if there is one, and is marked as rare otherwise.");
    field("relabel", relabel, base::any(), "Forget the speakers that the manifests name, and find all anew.");
    field("separate_clips", separate_clips, base::any(),
          "Judge each clip alone, also those that were cut from one recording.");
    field("threads", threads, base::between(0, 1024), "0: one for each processor.");
  }
};

struct SpokenClip {      // of the clip in the same place of TrainingSet::clips
  int64_t speaker = -1;  // in SpeakerLabels::speakers; -1: it could not be heard
  bool was_given = false;
  double seconds = 0.0;
  double confidence = 0.0;  // 0 to 1
  std::string mark;         // what is wrong with it, for people; empty: nothing
};

struct FoundSpeaker {
  std::string name;  // as the manifests have it; a new one's is a number
  bool was_given = false;
  bool is_rare = false;  // fewer clips than SpeakerOptions::min_clips
  int64_t clips = 0;
  double seconds = 0.0;
  double confidence = 0.0;   // mean
  std::vector<size_t> best;  // clips to listen to, the surest first
};

struct SpeakerLabels {
  std::vector<FoundSpeaker> speakers;  // those with the most clips first
  std::vector<SpokenClip> clips;
  std::vector<speaker::Embedding> voices;  // of each clip; zero when it could not be heard
  int64_t heard = 0, known_from_before = 0;
  bool number_is_a_guess = false;  // most clips are short or single words, which say little of a voice
};

struct SpeakerListener {
  std::function<void(int64_t done, int64_t total)> progress;
};

// Sets the clips' speakers in `set`; nothing but the cache is written. Throws Error, and Stopped with the cache kept.
SpeakerLabels label_speakers(TrainingSet& set, const SpeakerOptions& options, const SpeakerListener& listener);

// speakers/<number>.wav: about ten seconds of each speaker's best clips, as they are numbered; other files there go.
void write_speaker_previews(const TrainingSet& set, const SpeakerLabels& labels, const std::vector<int64_t>& numbers);

}  // namespace vits::data
