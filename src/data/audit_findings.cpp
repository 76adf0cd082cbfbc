#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "audit_parts.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace vits::data {

namespace {

constexpr double kTelephoneShare = 0.75;   // of what the sample rate can hold
constexpr double kNoisyDb = 15.0;          // below it the noise is learnt with the voice
constexpr double kLeastForNoise = 1.0;     // seconds: a shorter clip need not have a pause in which noise is heard
constexpr double kLoudnessReach = 6.0;     // LU from the set's middle
constexpr double kSilentEndSeconds = 0.5;  // more than prepare leaves twice over
constexpr double kLongPauseSeconds = 1.0;
constexpr double kOddPace = 4.0;          // robust standard deviations
constexpr double kOddPaceFactor = 1.5;    // and at least so many times as fast or slow as usual
constexpr double kOddPaceSeconds = 0.4;   // and at least so much of sound too long or short
constexpr double kLittleSeconds = 600.0;  // fine-tuning has been heard to work from 80 to 150 clips
constexpr double kLittleOfASpeaker = 60.0;
constexpr double kLargestValidation = 0.3;

}  // namespace

const std::vector<FindingKind>& finding_kinds() {
  static const std::vector<FindingKind> kinds{
      {"no_clips", Severity::kBlocks, "No clips", "There is nothing to learn from.",
       "Make a training folder with vits-train prepare."},
      {"missing_sound", Severity::kBlocks, "Recordings that are not there", "Training reads every row of metadata.csv.",
       "Put the files into wavs/, or take the rows out."},
      {"broken_sound", Severity::kBlocks, "Recordings that cannot be read", "Training would stop at them.",
       "Make them anew from their source, or take the rows out."},
      {"wrong_sample_rate", Severity::kBlocks, "Recordings of another sample rate",
       "The voice would learn them at the wrong pitch and speed.",
       "Run vits-train prepare, which brings all to one rate."},
      {"no_known_text", Severity::kBlocks, "No text that the voice can read",
       "Not one character of the texts is in the voice's vocabulary.",
       "Choose the voice of this language and script, or see the table of characters for what to write."},
      {"more_tokens_than_frames", Severity::kBlocks, "Texts longer than their recordings",
       "A clip must have at least one frame of sound for each token, or no alignment exists.",
       "Correct the texts, which are not of these recordings, or take the rows out."},
      {"does_not_fit", Severity::kBlocks, "The longest clips do not fit into memory",
       "A batch of the longest clips comes up sooner or later, and training would end there.",
       "Lower --batch_size and raise accumulation, or prepare with a smaller --max_seconds."},
      {"manifest_rows", Severity::kWarning, "Rows that could not be read", "They are left out.", "Correct them."},
      {"unknown_characters", Severity::kWarning, "Characters that the voice does not know",
       "They are left out of the text but stay in the sound, so the letters beside them learn the wrong sounds.",
       "See the table of characters for what to write instead."},
      {"text_becomes_empty", Severity::kWarning, "Texts that become empty", "Nothing of them is in the vocabulary.",
       "Correct the texts or take the rows out."},
      {"odd_pace", Severity::kWarning, "Clips much faster or slower than the speaker's others",
       "Most often the text is not what is said, or some of it is missing.",
       "Listen, and correct the text or take the row out."},
      {"digits", Severity::kWarning, "Texts with figures",
       "A figure is read in many ways, and voices know few of them.", "Write numbers as words, the way they are said."},
      {"silent", Severity::kWarning, "Recordings without sound", "The voice would learn to say nothing.",
       "Take the rows out."},
      {"clipped", Severity::kWarning, "Clipped recordings",
       "Their peaks were cut off; the voice would learn the crackling.", "Listen, and leave out what crackles."},
      {"narrow_band", Severity::kWarning, "Recordings without treble",
       "They were made by telephone or with strong compression; the voice would sound as dull.",
       "Use better recordings if there are any, and do not mix both kinds."},
      {"noisy", Severity::kWarning, "Noisy recordings", "The voice would learn the noise.",
       "Listen, and leave out what is unpleasant."},
      {"same_sound", Severity::kWarning, "Recordings that occur twice",
       "With different texts one of them is wrong; with the same text the clip counts twice.", "Keep one of each."},
      {"validation_leak", Severity::kWarning, "Validation clips that are also trained on",
       "Validation would praise what was learnt by heart.", "Take them out of one of the two files."},
      {"too_short", Severity::kWarning, "Clips shorter than one training segment",
       "Training cuts segments out of clips; these are filled up with silence.",
       "Prepare with a larger --min_seconds."},
      {"speaker_missing", Severity::kWarning, "Clips without a speaker among clips that have one",
       "They would count as one more speaker.", "Run vits-train speakers, or fill in the column."},
      {"several_speakers", Severity::kWarning, "Several speakers for a voice with one",
       "They would be blended into one voice.", "Keep one speaker's rows, or take a voice that has several."},
      {"little_sound", Severity::kWarning, "Little sound",
       "Ten minutes are the least that fine-tuning has been heard to work with.", "Record more."},
      {"loudness", Severity::kNote, "Much louder or quieter than the others", "The voice's level would waver.",
       "Run vits-train prepare with --loudness."},
      {"silent_ends", Severity::kNote, "Long silence at the beginning or the end",
       "Time that teaches nothing and moves the first and last sounds away from their letters.",
       "Run vits-train prepare with --trim vad."},
      {"long_pause", Severity::kNote, "Long pauses inside", "The voice learns to stop there.",
       "Listen; a pause at a full stop is right."},
      {"same_text", Severity::kNote, "Texts that occur twice with one speaker", "Harmless when they were spoken twice.",
       "Look whether one is a copy."},
      {"silent_characters", Severity::kNote, "Marks that the voice does not know",
       "They are skipped, so the voice cannot learn to pause at them.", "Nothing needs to be done."},
      {"no_validation", Severity::kNote, "No validation clips", "Nothing tells when the voice has learnt enough.",
       "Prepare with --validation_split 0.1."},
      {"much_validation", Severity::kNote, "Many validation clips", "They are not learnt from.",
       "A tenth is enough, and 200 clips always."},
      {"little_of_a_speaker", Severity::kNote, "Speakers with little sound", "A minute hardly makes a voice.",
       "Record more of them, or leave them out."},
      {"unlisted_sound", Severity::kNote, "Recordings in wavs/ that no row names", "They are not trained on.",
       "Remove them, or add their rows."},
  };
  return kinds;
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kBlocks:
      return "blocks";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      break;
  }
  return "note";
}

namespace auditing {

namespace {

class Findings {
 public:
  void flag(std::string_view id, size_t clip, std::string detail, double extent = 0.0) {
    of(id).clips.push_back({clip, std::move(detail), extent});
  }
  void note(std::string_view id, std::string place) { of(id).places.push_back(std::move(place)); }

  // In the table's order.
  std::vector<Finding> take() {
    std::vector<Finding> found;
    for (const FindingKind& kind : finding_kinds()) {
      const auto entry = found_.find(kind.id);
      if (entry == found_.end()) continue;
      std::ranges::stable_sort(entry->second.clips, std::greater{}, &FlaggedClip::extent);
      found.push_back(std::move(entry->second));
    }
    return found;
  }

 private:
  Finding& of(std::string_view id) {
    for (const FindingKind& kind : finding_kinds()) {
      if (kind.id != id) continue;
      Finding& finding = found_[id];
      finding.kind = &kind;
      return finding;
    }
    throw Error("\"{}\" is no kind of finding. This is a bug in vits-train.", id);
  }
  std::map<std::string_view, Finding> found_;
};

// A file may be named in any bytes, JSON may not.
std::string readable(const std::string& name) { return text::encode_utf8(text::decode_utf8(name)); }

// The rate that clips must have: the voice's, otherwise that of most clips.
int64_t expected_rate(const Audit& audit, const AuditVoice& voice) {
  if (voice.sample_rate_hz > 0) return voice.sample_rate_hz;
  std::map<int64_t, int64_t> counts;
  int64_t most = 0;
  for (const AuditedClip& audited : audit.clips) {
    if (!audited.is_heard()) continue;
    const int64_t rate = audited.sound.sample_rate_hz;
    if (++counts[rate] > counts[most]) most = rate;
  }
  return most;
}

void judge_sound(const Audit& audit, size_t place, int64_t rate_hz, double usual_lufs, const AuditVoice& voice,
                 Findings& found) {
  const AuditedClip& audited = audit.clips[place];
  const SoundMeasures& sound = audited.sound;
  if (sound.sample_rate_hz != rate_hz)
    found.flag("wrong_sample_rate", place, fmt::format("{} Hz instead of {}", sound.sample_rate_hz, rate_hz));
  if (sound.seconds * static_cast<double>(sound.sample_rate_hz) < static_cast<double>(voice.segment_samples))
    found.flag("too_short", place, fmt::format("{:.2f} s", sound.seconds), -sound.seconds);
  if (sound.is_silent()) {
    found.flag("silent", place, fmt::format("{:.1f} s of silence", sound.seconds), sound.seconds);
    return;
  }
  if (sound.is_clipped()) {
    const auto flat =
        static_cast<double>(sound.flat_samples) / (sound.seconds * static_cast<double>(sound.sample_rate_hz));
    found.flag("clipped", place,
               sound.flat_samples > 0 ? fmt::format("cut off at {} samples", sound.flat_samples)
                                      : "many peaks end at one height: cut off before it was resampled",
               flat > 0 ? 1e6 * flat : sound.peak_crowding);
  }
  if (sound.bandwidth_hz < kTelephoneShare * static_cast<double>(sound.sample_rate_hz) / 2)
    found.flag("narrow_band", place, fmt::format("nothing above {:.1f} kHz", sound.bandwidth_hz / 1000),
               -sound.bandwidth_hz);
  if (sound.snr_db < kNoisyDb && sound.seconds >= kLeastForNoise)
    found.flag("noisy", place, fmt::format("speech {:.0f} dB above the noise", sound.snr_db), -sound.snr_db);
  if (const double away = sound.loudness_lufs - usual_lufs; std::abs(away) > kLoudnessReach)
    found.flag("loudness", place,
               fmt::format("{:.1f} LUFS, {:.1f} LU {} than the middle", sound.loudness_lufs, std::abs(away),
                           away > 0 ? "louder" : "quieter"),
               std::abs(away));
  if (const double most = std::max(sound.silence_begin_seconds, sound.silence_end_seconds); most > kSilentEndSeconds)
    found.flag("silent_ends", place,
               fmt::format("{:.1f} s at the beginning, {:.1f} s at the end", sound.silence_begin_seconds,
                           sound.silence_end_seconds),
               most);
  if (sound.longest_pause_seconds > kLongPauseSeconds)
    found.flag("long_pause", place, fmt::format("{:.1f} s", sound.longest_pause_seconds), sound.longest_pause_seconds);
}

void judge_text(const Audit& audit, size_t place, const AuditVoice& voice, bool reads_digits, Findings& found) {
  const AuditedClip& audited = audit.clips[place];
  if (voice.tokenizer && audited.tokens == 0) found.flag("text_becomes_empty", place, "no character is known");
  if (audited.has_digit && !reads_digits) found.flag("digits", place, "");
  if (!audited.is_heard()) return;
  const auto frames = static_cast<int64_t>(audited.sound.seconds * static_cast<double>(audited.sound.sample_rate_hz))
                      / voice.samples_per_frame;
  if (audited.tokens > frames)
    found.flag("more_tokens_than_frames", place, fmt::format("{} tokens, {} frames", audited.tokens, frames),
               static_cast<double>(audited.tokens - frames));
  if (std::abs(audited.pace_deviation) < kOddPace) return;
  const auto units = static_cast<double>(voice.tokenizer ? audited.tokens : audited.spoken_characters);
  const double times = std::max(audited.pace / audited.usual_pace, audited.usual_pace / audited.pace);
  if (times < kOddPaceFactor || units * std::abs(audited.pace - audited.usual_pace) < kOddPaceSeconds) return;
  found.flag(
      "odd_pace", place,
      fmt::format("{:.0f} ms a {}, usually {:.0f}: {}", 1000 * audited.pace, voice.tokenizer ? "token" : "character",
                  1000 * audited.usual_pace,
                  audited.pace_deviation > 0 ? "more is said than the text has?" : "less is said than the text has?"),
      std::abs(audited.pace_deviation));
}

void judge_duplicates(const Audit& audit, Findings& found) {
  const auto place_of = [&](size_t place) {
    const TrainingClip& clip = audit.clips[place].clip;
    return fmt::format("{} ({}, row {})", clip.id, clip.validation ? "metadata_val.csv" : "metadata.csv", clip.row);
  };
  for (const auto& [later, earlier] : same_sounds(audit)) {
    const auto &one = audit.clips[earlier].clip, &other = audit.clips[later].clip;
    const bool other_text = one.text != other.text;
    found.flag(
        "same_sound", later,
        fmt::format("sounds like {}{}", place_of(earlier), other_text ? ", whose text is another: " + one.text : ""),
        other_text);
    if (one.validation != other.validation) found.flag("validation_leak", later, "sounds like " + place_of(earlier));
  }
  for (const auto& [later, earlier] : same_texts(audit))
    found.flag("same_text", later, "the same text as " + place_of(earlier));
}

void judge_unknown(const Audit& audit, Findings& found) {
  std::map<size_t, std::string> heard, silent;
  for (const UnknownCharacter& unknown : audit.unknown)
    for (const size_t place : unknown.clips) {
      std::string& list = unknown.audible ? heard[place] : silent[place];
      list += (list.empty() ? "" : " ") + unknown.proposal.instead_of;
    }
  for (const auto& [place, list] : heard)
    found.flag("unknown_characters", place, list, static_cast<double>(list.size()));
  for (const auto& [place, list] : silent)
    found.flag("silent_characters", place, list, static_cast<double>(list.size()));
}

void judge_speakers(const Audit& audit, const AuditVoice& voice, Findings& found) {
  const bool some_named = audit.speakers.size() > 1 || (!audit.speakers.empty() && !audit.speakers[0].name.empty());
  for (size_t place = 0; some_named && place < audit.clips.size(); ++place)
    if (audit.clips[place].clip.speaker.empty()) found.flag("speaker_missing", place, "");
  if (audit.speakers.size() < 2) return;
  for (const SpeakerShare& share : audit.speakers)
    if (!share.name.empty() && share.seconds < kLittleOfASpeaker)
      found.note("little_of_a_speaker",
                 fmt::format("{}: {:.0f} s in {} clips", share.name, share.seconds, share.clips));
  if (voice.tokenizer && voice.speakers <= 1)
    found.note("several_speakers", fmt::format("{} speakers; the voice has one", audit.speakers.size()));
}

void judge_whole(const Audit& audit, const TrainingSet& set, const AuditVoice& voice, const AuditOptions& options,
                 Findings& found) {
  if (audit.clips.empty()) found.note("no_clips", set.manifest(false).string() + " has no row that can be read");
  for (const std::string& defect : set.defects) found.note("manifest_rows", defect);
  if (voice.tokenizer && !audit.clips.empty()
      && std::ranges::all_of(audit.clips, [](const AuditedClip& audited) { return audited.tokens == 0; }))
    found.note("no_known_text", fmt::format("{} texts, {}", audit.clips.size(), voice.name));
  const LongestBatch& batch = audit.longest_batch;
  if (options.memory_bytes > 0 && batch.bytes_needed > options.memory_bytes)
    found.note("does_not_fit", fmt::format("{} clips of up to {:.1f} s would take {:.1f} GB; {} has {:.1f} GB",
                                           batch.clips, batch.seconds, static_cast<double>(batch.bytes_needed) / 1e9,
                                           options.memory_name, static_cast<double>(options.memory_bytes) / 1e9));
  if (audit.clips.empty()) return;
  std::error_code error;
  if (audit.seconds < kLittleSeconds) found.note("little_sound", fmt::format("{:.1f} minutes", audit.seconds / 60));
  const double share = static_cast<double>(audit.validation_clips) / static_cast<double>(audit.clips.size());
  if (audit.validation_clips == 0)
    found.note("no_validation", std::filesystem::exists(set.manifest(true), error)
                                    ? set.manifest(true).string() + " has no row that can be taken"
                                    : "there is no metadata_val.csv");
  if (share > kLargestValidation)
    found.note("much_validation", fmt::format("{} of {} clips", audit.validation_clips, audit.clips.size()));

  std::set<std::string> listed;
  for (const AuditedClip& audited : audit.clips) listed.insert(audited.clip.id + ".wav");
  std::set<std::string> unlisted;
  for (std::filesystem::directory_iterator entry(set.folder / "wavs", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = readable(entry->path().filename().string());
    if (name.ends_with(".wav") && !listed.contains(name)) unlisted.insert("wavs/" + name);
  }
  for (const std::string& name : unlisted) found.note("unlisted_sound", name);
}

}  // namespace

void find(Audit& audit, const TrainingSet& set, const AuditVoice& voice, const AuditOptions& options) {
  Findings found;
  const int64_t rate_hz = expected_rate(audit, voice);
  const double usual_lufs = Audit::median(audit.values(&SoundMeasures::loudness_lufs));
  const bool reads_digits = voice.tokenizer && voice.tokenizer->encode("0123456789").unknown.empty();
  judge_whole(audit, set, voice, options, found);
  for (size_t place = 0; place < audit.clips.size(); ++place) {
    const AuditedClip& audited = audit.clips[place];
    if (audited.is_heard())
      judge_sound(audit, place, rate_hz, usual_lufs, voice, found);
    else
      found.flag(audited.is_missing ? "missing_sound" : "broken_sound", place, audited.defect);
    judge_text(audit, place, voice, reads_digits, found);
  }
  judge_duplicates(audit, found);
  judge_unknown(audit, found);
  judge_speakers(audit, voice, found);
  audit.findings = found.take();
}

}  // namespace auditing

}  // namespace vits::data
