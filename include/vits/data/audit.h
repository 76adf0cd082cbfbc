// What a person should know about a training folder before spending a night on it: every recording is listened to,
// every text is read as the voice reads it, and what looks wrong is said with its place and what to do about it.
//
//   Audit audit = audit_training_set(folder, {}, {});
//   if (audit.blocked()) ...  // training would fail
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vits/data/sound_measures.h"
#include "vits/data/training_set.h"
#include "vits/formats/json.h"
#include "vits/text/proposal.h"
#include "vits/text/tokenizer.h"

namespace vits::data {

enum class Severity {
  kBlocks,   // training would fail
  kWarning,  // the voice would be worse for it
  kNote,     // worth knowing
};

std::string_view name_of(Severity severity);  // "blocks", "warning", "note"

// A kind of finding. All of them stand in one table: finding_kinds().
struct FindingKind {
  const char* id;  // for programs and tests: "clipped"
  Severity severity;
  const char* title;   // "Clipped recordings"
  const char* why;     // what it does to the voice: a sentence
  const char* remedy;  // what to do: a sentence
};
const std::vector<FindingKind>& finding_kinds();

struct FlaggedClip {
  size_t clip = 0;      // of Audit::clips
  std::string detail;   // "cut off at 1,204 samples"
  double extent = 0.0;  // larger is worse; the list is sorted by it
};

struct Finding {
  const FindingKind* kind = nullptr;
  std::vector<FlaggedClip> clips;   // all of them, the worst first
  std::vector<std::string> places;  // what is no clip: rows, files, speakers, figures
};

struct AuditedClip {
  TrainingClip clip;
  std::string defect;  // why the recording cannot be heard; then `sound` says nothing
  bool is_missing = false;
  SoundMeasures sound;
  int64_t tokens = 0;             // with a voice: what its text encoder reads, blanks between the symbols included
  int64_t spoken_characters = 0;  // of the text
  double pace = 0.0;              // seconds of sound a token, or a character without a voice; 0: not known
  double usual_pace = 0.0;        // the middle of the speaker's clips, or of all when there are few
  double pace_deviation = 0.0;    // robust standard deviations of log(pace) from the usual one; above 0 is slow
  bool has_digit = false;

  bool is_heard() const { return defect.empty(); }
};

struct UnknownCharacter {
  std::string character, name;  // the name is Unicode's
  int64_t count = 0;
  bool audible = false;       // a listener would miss it
  std::vector<size_t> clips;  // in which it stands
  text::Proposal proposal;
};

struct SpeakerShare {
  std::string name;  // empty: not said
  int64_t clips = 0;
  double seconds = 0.0;
};

struct LongestBatch {  // of as many of the longest clips as a batch has
  int64_t clips = 0;
  double seconds = 0.0;  // of the longest
  int64_t tokens = 0;    // of the longest text, where a voice is known
  uint64_t bytes_needed = 0;
};

// The voice that is to be trained; everything is optional.
struct AuditVoice {
  std::string name;
  std::optional<text::Tokenizer> tokenizer;
  int64_t sample_rate_hz = 0;  // 0: not known
  int64_t samples_per_frame = 256;
  int64_t segment_samples = 8192;
  int64_t speakers = 1;
};

struct AuditOptions {
  int64_t batch_size = 8;
  int64_t threads = 0;  // 0: one for each processor
  // What a batch takes on the card or in memory, and what is there; without them it is not judged.
  std::function<uint64_t(int64_t clips, double seconds, int64_t tokens)> batch_bytes;
  uint64_t memory_bytes = 0;
  std::string memory_name;                                    // "the graphics card"
  std::function<void(int64_t done, int64_t total)> progress;  // from any thread, one call at a time
};

struct Audit {
  std::filesystem::path folder;
  std::string voice;            // its name, empty without one
  bool has_vocabulary = false;  // so that tokens and unknown characters are known
  std::vector<AuditedClip> clips;
  std::vector<SpeakerShare> speakers;     // the longest first
  std::vector<UnknownCharacter> unknown;  // audible ones first, then by count
  std::vector<Finding> findings;          // in the order of the table: what blocks first
  LongestBatch longest_batch;

  double seconds = 0.0, silence_seconds = 0.0;  // of what can be heard
  int64_t heard_clips = 0, validation_clips = 0;

  bool blocked() const;
  const Finding* find(std::string_view id) const;                 // nullptr when there is none of that kind
  std::filesystem::path sound_of(const AuditedClip& clip) const;  // relative to the folder: "wavs/0001.wav"

  // Of all clips that are heard, in their order.
  std::vector<double> values(double SoundMeasures::*measure) const;
  static double median(std::vector<double> values);  // of the finite ones; not a number when there are none
};

// Reads the folder with one recording a thread in memory. Throws Error when it is no training folder, Stopped on a
// signal.
Audit audit_training_set(const std::filesystem::path& folder, const AuditVoice& voice, const AuditOptions& options);

// Everything, nothing left out or cut short.
formats::OrderedJson to_json(const Audit& audit);

}  // namespace vits::data
