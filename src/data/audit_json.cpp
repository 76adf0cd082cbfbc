#include <cmath>

#include "vits/data/audit.h"
#include "vits/text/utf8.h"

namespace vits::data {

namespace {

using formats::OrderedJson;

// Infinity (the loudness of silence) is not a number to JSON; three digits are what the measures are worth.
OrderedJson number(double value) {
  return std::isfinite(value) ? OrderedJson(std::round(value * 1000) / 1000) : OrderedJson();
}

std::string manifest_of(const TrainingClip& clip) { return clip.validation ? "metadata_val.csv" : "metadata.csv"; }

OrderedJson sound_json(const SoundMeasures& sound) {
  return {{"seconds", number(sound.seconds)},
          {"sample_rate_hz", sound.sample_rate_hz},
          {"loudness_lufs", number(sound.loudness_lufs)},
          {"peak_dbfs", number(sound.peak_dbfs)},
          {"clipped", sound.is_clipped()},
          {"flat_samples", sound.flat_samples},
          {"peak_crowding", number(sound.peak_crowding)},
          {"bandwidth_hz", number(sound.bandwidth_hz)},
          {"snr_db", number(sound.snr_db)},
          {"silence_begin_seconds", number(sound.silence_begin_seconds)},
          {"silence_end_seconds", number(sound.silence_end_seconds)},
          {"silence_inside_seconds", number(sound.silence_inside_seconds)},
          {"longest_pause_seconds", number(sound.longest_pause_seconds)}};
}

OrderedJson clip_json(const Audit& audit, const AuditedClip& audited) {
  const TrainingClip& clip = audited.clip;
  OrderedJson json{{"id", clip.id},     {"manifest", manifest_of(clip)},
                   {"row", clip.row},   {"sound", audit.sound_of(audited).generic_string()},
                   {"text", clip.text}, {"speaker", clip.speaker}};
  if (audited.is_heard())
    json["measures"] = sound_json(audited.sound);
  else
    json["defect"] = audited.defect;
  json["spoken_characters"] = audited.spoken_characters;
  if (audit.has_vocabulary) json["tokens"] = audited.tokens;
  if (audited.pace > 0) {
    json["pace_seconds"] = number(audited.pace);
    json["usual_pace_seconds"] = number(audited.usual_pace);
    json["pace_deviation"] = number(audited.pace_deviation);
  }
  return json;
}

OrderedJson finding_json(const Audit& audit, const Finding& finding) {
  OrderedJson clips = OrderedJson::array();
  for (const FlaggedClip& flagged : finding.clips) {
    const TrainingClip& clip = audit.clips[flagged.clip].clip;
    clips.push_back({{"id", clip.id}, {"manifest", manifest_of(clip)}, {"row", clip.row}, {"detail", flagged.detail}});
  }
  return {
      {"id", finding.kind->id},         {"severity", name_of(finding.kind->severity)},
      {"title", finding.kind->title},   {"why", finding.kind->why},
      {"remedy", finding.kind->remedy}, {"count", finding.clips.empty() ? finding.places.size() : finding.clips.size()},
      {"clips", std::move(clips)},      {"places", finding.places}};
}

OrderedJson character_json(const Audit& audit, const UnknownCharacter& unknown) {
  OrderedJson clips = OrderedJson::array();
  for (const size_t place : unknown.clips) clips.push_back(audit.clips[place].clip.id);
  return {{"character", unknown.character},
          {"name", unknown.name},
          {"count", unknown.count},
          {"audible", unknown.audible},
          {"proposal",
           {{"kind", text::name_of(unknown.proposal.kind)},
            {"instead_of", unknown.proposal.instead_of},
            {"replacement", unknown.proposal.replacement},
            {"advice", unknown.proposal.advice}}},
          {"clips", std::move(clips)}};
}

}  // namespace

OrderedJson to_json(const Audit& audit) {
  OrderedJson speakers = OrderedJson::array(), findings = OrderedJson::array(), characters = OrderedJson::array(),
              clips = OrderedJson::array();
  for (const SpeakerShare& share : audit.speakers)
    speakers.push_back({{"name", share.name}, {"clips", share.clips}, {"seconds", number(share.seconds)}});
  for (const Finding& finding : audit.findings) findings.push_back(finding_json(audit, finding));
  for (const UnknownCharacter& unknown : audit.unknown) characters.push_back(character_json(audit, unknown));
  for (const AuditedClip& audited : audit.clips) clips.push_back(clip_json(audit, audited));

  const auto median = [&](double SoundMeasures::*measure) { return number(Audit::median(audit.values(measure))); };
  return {{"folder", text::encode_utf8(text::decode_utf8(audit.folder.string()))},
          {"voice", audit.voice},
          {"blocked", audit.blocked()},
          {"summary",
           {{"clips", audit.clips.size()},
            {"heard_clips", audit.heard_clips},
            {"validation_clips", audit.validation_clips},
            {"seconds", number(audit.seconds)},
            {"silence_seconds", number(audit.silence_seconds)},
            {"median_seconds", median(&SoundMeasures::seconds)},
            {"median_loudness_lufs", median(&SoundMeasures::loudness_lufs)},
            {"median_snr_db", median(&SoundMeasures::snr_db)},
            {"median_bandwidth_hz", median(&SoundMeasures::bandwidth_hz)}}},
          {"longest_batch",
           {{"clips", audit.longest_batch.clips},
            {"seconds", number(audit.longest_batch.seconds)},
            {"tokens", audit.longest_batch.tokens},
            {"bytes_needed", audit.longest_batch.bytes_needed}}},
          {"speakers", std::move(speakers)},
          {"findings", std::move(findings)},
          {"unknown_characters", std::move(characters)},
          {"clips", std::move(clips)}};
}

}  // namespace vits::data
