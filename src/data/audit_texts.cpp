#include <algorithm>
#include <cmath>
#include <map>

#include "audit_parts.h"
#include "vits/base/stop_signal.h"

namespace vits::data::auditing {

namespace {

// Of fewer clips a speaker's own pace is not known well, and all clips are the measure.
constexpr size_t kClipsForAPace = 20;
constexpr size_t kFewestClips = 8;  // below which nothing can be an outlier
// Natural speech varies by about a fifth from sentence to sentence; where a set is more even than a twentieth, rounding
// would make outliers.
constexpr double kLeastSpread = 0.05;
constexpr double kNormal = 1.4826;  // from a median of absolute deviations to a standard deviation

}  // namespace

void read_texts(Audit& audit, const AuditVoice& voice) {
  std::map<std::string, UnknownCharacter> unknown;
  for (size_t place = 0; place < audit.clips.size(); ++place) {
    base::throw_if_stopped();
    AuditedClip& audited = audit.clips[place];
    audited.spoken_characters = text::spoken_characters(audited.clip.text);
    audited.has_digit = text::has_digit(audited.clip.text);
    if (!voice.tokenizer) continue;
    const text::Encoded encoded = voice.tokenizer->encode(audited.clip.text);
    audited.tokens = encoded.spoken.empty() ? 0 : static_cast<int64_t>(encoded.ids.size());
    const auto heard = text::audible(encoded.unknown);
    for (const auto& [character, count] : encoded.unknown) {
      UnknownCharacter& entry = unknown[character];
      entry.character = character;
      entry.audible = heard.contains(character);
      entry.count += count;
      entry.clips.push_back(place);
    }
  }
  for (auto& [character, entry] : unknown) {
    entry.name = text::character_name(character);
    entry.proposal = text::propose(*voice.tokenizer, character, audit.clips[entry.clips.front()].clip.text);
    // A mark lost from its letter is heard, though no mark is audible by itself.
    entry.audible = entry.audible || entry.proposal.kind == text::ProposalKind::kCompose
                    || entry.proposal.kind == text::ProposalKind::kLookAlike;
    audit.unknown.push_back(std::move(entry));
  }
  std::ranges::stable_sort(audit.unknown, [](const UnknownCharacter& one, const UnknownCharacter& other) {
    return one.audible != other.audible ? one.audible : one.count > other.count;
  });
}

void measure_paces(Audit& audit) {
  std::map<std::string, std::vector<size_t>> clips_of;
  std::vector<double> all;
  for (size_t place = 0; place < audit.clips.size(); ++place) {
    AuditedClip& audited = audit.clips[place];
    const int64_t units = audit.has_vocabulary ? audited.tokens : audited.spoken_characters;
    if (!audited.is_heard() || units == 0 || audited.sound.sounding_seconds() <= 0) continue;
    audited.pace = audited.sound.sounding_seconds() / static_cast<double>(units);
    clips_of[audited.clip.speaker].push_back(place);
    all.push_back(std::log(audited.pace));
  }
  if (all.size() < kFewestClips) return;
  const double middle_of_all = Audit::median(all);

  std::vector<double> distances;
  for (const auto& [speaker, places] : clips_of) {
    double middle = middle_of_all;
    if (places.size() >= kClipsForAPace) {
      std::vector<double> own;
      for (const size_t place : places) own.push_back(std::log(audit.clips[place].pace));
      middle = Audit::median(own);
    }
    for (const size_t place : places) {
      audit.clips[place].usual_pace = std::exp(middle);
      audit.clips[place].pace_deviation = std::log(audit.clips[place].pace) - middle;
      distances.push_back(std::abs(audit.clips[place].pace_deviation));
    }
  }
  const double spread = std::max(kNormal * Audit::median(distances), kLeastSpread);
  for (AuditedClip& audited : audit.clips) audited.pace_deviation /= spread;
}

}  // namespace vits::data::auditing
