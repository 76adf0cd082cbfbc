// From any recordings to a training set.
//
// Clips are made in parallel, each from its source alone, and what is finished is noted in a journal, so that a run
// that was interrupted, killed even, goes on where it was, and a run on a source that has changed makes only the
// changed clips anew. The files that list all clips are written at the end, from all clips in their sources' order:
// whatever happened on the way, the same sources and settings give the same bytes.
//
// Written are wavs/<id>.wav, metadata.csv and metadata_val.csv (training_set.h), rejected.csv (id, file, row, reason),
// duplicates.csv if there are any (id, kind, as: the earlier clip), and prepare.json: every setting, every source with
// the hashes of its manifests and of all its clips (texts, speakers and sounds), the versions. The journal stands in
// .prepare/, by which the folder is known as ours; what we did not make is never overwritten or removed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/data/clip.h"
#include "vits/data/layout.h"

namespace vits::data {

struct ClipOptions {  // what a clip's bytes depend on
  int64_t sample_rate_hz = 16000;
  std::string resampler = "polyphase";
  std::string loudness = "-23";
  double peak = 0.0;
  std::string trim = "vad";
  double keep_silence_seconds = 0.2;
  bool split_long = false;
  double min_seconds = 0.5;
  double max_seconds = 20.0;
  int64_t min_characters = 1;
  int64_t max_characters = 400;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("sample_rate_hz", sample_rate_hz, base::between(4000, 192000),
          "Of the clips; --model sets it to the model's.");
    field("resampler", resampler, base::one_of({"polyphase", "best_sinc"}),
          "polyphase: our own filters; best_sinc: libsamplerate's best, as good and many times slower.");
    field("loudness", loudness, base::any(), "Every clip is brought to this loudness in LUFS (ITU-R BS.1770), or off.");
    field("peak", peak, base::between(-60, 0),
          "Instead of the loudness, bring every clip's highest peak to this many dBFS; 0: do not.");
    field("trim", trim, base::one_of({"vad", "energy", "off"}),
          "How silence at both ends is found: by a network that knows speech, by level, or not at all.");
    field("keep_silence_seconds", keep_silence_seconds, base::between(0, 10),
          "Silence left at both ends after trimming.");
    field("split_long", split_long, base::any(),
          "Move the cuts between a long recording's segments, as its manifest has them, to the pauses nearby.");
    field("min_seconds", min_seconds, base::between(0, 3600), "Shorter clips are left out.");
    field("max_seconds", max_seconds, base::between(0.1, 3600), "Longer clips are left out.");
    field("min_characters", min_characters, base::at_least(1), "Clips with a shorter text are left out.");
    field("max_characters", max_characters, base::at_least(1), "Clips with a longer text are left out.");
  }
};

struct PrepareOptions {
  ClipOptions clip;
  LayoutOptions layout;
  double validation_split = 0.1;
  int64_t max_samples = 0;
  bool drop_duplicates = false;
  bool strict = false;
  int64_t threads = 0;
  std::map<std::string, std::string> versions;  // of what makes the clips; another version makes them all anew

  template <class Visitor>
  void visit(Visitor&& field) {
    layout.visit(field);
    clip.visit(field);
    field("validation_split", validation_split, base::between(0, 0.9),
          "The share of clips held out to judge by, chosen by a hash of the id, so that more data moves none of them.");
    field("max_samples", max_samples, base::at_least(0), "Take only this many clips, always the same ones; 0: all.");
    field("drop_duplicates", drop_duplicates, base::any(),
          "Leave out clips that have the sound and the text of another; without it they are kept and listed.");
    field("strict", strict, base::any(), "End with an error if any clip had to be left out.");
    field("threads", threads, base::between(0, 1024), "0: one for each processor.");
  }
};

struct PrepareListener {  // called by one thread at a time
  std::function<void(int64_t done, int64_t total)> progress;
  std::function<void(const std::string& sentence)> notice;
};

struct PrepareSource {
  std::filesystem::path path;  // a folder or a manifest
  std::string name;            // what prepare.json calls it; empty: its path
};

// A reason of rejected.csv begins with its kind and a colon: "too short", "unreadable", "missing", "silence",
// "no speech", "too long", "segment", "text", "duplicate", "manifest".
struct RejectedKind {
  std::string kind;
  int64_t clips = 0;
  Rejected first;
};

struct Prepared {
  int64_t training_clips = 0, validation_clips = 0;
  int64_t rejected = 0;
  std::vector<RejectedKind> rejected_kinds;  // the most frequent first
  int64_t made = 0, kept_from_before = 0;    // of the clips that are taken
  int64_t duplicate_sounds = 0;              // clips with the sound of an earlier clip, dropped or not
  int64_t duplicate_texts = 0;               // clips with the text of an earlier clip
  int64_t contradictions = 0;                // of the former, those with another text: one of the two must be wrong
  int64_t lowered_peaks = 0;                 // clips quieter than was asked for, lest their true peak exceed -1 dBFS
  int64_t speakers = 0;
  double seconds_of_sound = 0.0;
  int64_t sample_rate_hz = 0;
};

// Throws Error on what would spoil the whole (no source, no clip, no space, a folder that cannot be written or holds
// what we did not make), Stopped on a signal with what is finished kept, and Error under `strict` once all is written.
//
// Held out is each clip whose id's hash, a number from 0 to 1, lies below the share. Two exceptions keep speakers on
// both sides: of a speaker with at least 2 / share clips of whom none would be, the one with the least hash is held
// out, and of a speaker of whom all would be, the one with the greatest is not. Without speakers all clips count as one
// speaker's.
Prepared prepare(const std::vector<PrepareSource>& sources, const std::filesystem::path& out,
                 const PrepareOptions& options, const PrepareListener& listener);

}  // namespace vits::data
