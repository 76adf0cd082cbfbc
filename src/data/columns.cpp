#include "columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "audio_index.h"
#include "vits/base/error.h"
#include "vits/base/nearest.h"

namespace vits::data {

namespace {

using Names = std::vector<std::string>;

// Each from the most to the least telling one; the first that a table has is taken.
const Names kAudioNames{"file_name",
                        "audio_filepath",
                        "audio_file",
                        "audio_path",
                        "audio_file_path",
                        "audio_filename",
                        "path",
                        "audio",
                        "filename",
                        "filepath",
                        "file_path",
                        "wav_path",
                        "wav_file",
                        "wav_filename",
                        "wav_name",
                        "wav",
                        "clip_path",
                        "clip",
                        "audio_file_name",
                        "sound",
                        "recording",
                        "file",
                        "name"};
// What is spelled out is nearer to what is heard.
const Names kNormalisedTextNames{"normalized_text",          "normalised_text",      "text_normalized",
                                 "text_normalised",          "normalized",           "normalised",
                                 "normalized_transcription", "normalized_transcript"};
const Names kTextNames{
    "text",     "sentence",          "transcription", "transcript", "transcripts", "utterance", "text_original",
    "raw_text", "raw_transcription", "caption",       "content",    "phrase",      "prompt",    "words",
    "txt"};
const Names kSpeakerNames{"speaker", "speaker_name", "speaker_id", "client_id", "spk",      "spk_id",
                          "spkid",   "speakerid",    "reader",     "reader_id", "narrator", "voice"};
const Names kIdNames{"id",         "utterance_id", "utt_id", "uttid", "utt",     "clip_id",
                     "segment_id", "uid",          "uuid",   "key",   "file_id", "basename"};
const Names kBeginNames{"begin",      "start",  "begin_seconds", "start_seconds", "begin_time",
                        "start_time", "offset", "start_sec",     "begin_sec",     "segment_start"};
const Names kEndNames{"end", "end_seconds", "end_time", "stop", "stop_time", "end_sec", "segment_end"};
const Names kDurationNames{"duration", "duration_seconds", "dur", "duration_sec"};
const Names kSplitNames{"split", "subset", "partition"};

std::string simplified(const std::string& name) {
  std::string simple;
  for (const char c : name) simple += c == ' ' || c == '-' ? '_' : static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const size_t begin = simple.find_first_not_of('_');
  return begin == std::string::npos ? "" : simple.substr(begin, simple.find_last_not_of('_') + 1 - begin);
}

std::optional<size_t> first_of(const Names& wanted, const Names& present) {
  for (const std::string& name : wanted) {
    const auto found = std::find(present.begin(), present.end(), name);
    if (found != present.end()) return static_cast<size_t>(found - present.begin());
  }
  return std::nullopt;
}

std::optional<size_t> number_of(const std::string& word, size_t columns) {
  if (word.empty() || word.size() > 4
      || !std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  const size_t number = std::stoul(word);
  return number >= 1 && number <= columns ? std::optional(number - 1) : std::nullopt;
}

// The column that an option names, if it does.
void override(std::optional<size_t>& column, const std::string& flag, const std::string& word, const Names& names,
              const std::string& table) {
  if (word.empty()) return;
  column = first_of({word}, names);
  Names simple;
  for (const std::string& name : names) simple.push_back(simplified(name));
  if (!column) column = first_of({simplified(word)}, simple);
  if (!column) column = number_of(word, names.size());
  if (!column)
    throw UsageError("--{} \"{}\": {} has no such column.{} It has: {}.", flag, word, table,
                     base::did_you_mean(word, names), fmt::join(names, ", "));
}

void override_all(Columns& columns, const LayoutOptions& options, const Names& names, const std::string& table) {
  override(columns.audio, "column_audio", options.column_audio, names, table);
  override(columns.text, "column_text", options.column_text, names, table);
  override(columns.speaker, "column_speaker", options.column_speaker, names, table);
  override(columns.id, "column_id", options.column_id, names, table);
  if (!options.column_text.empty()) columns.text_otherwise.reset();
}

Columns by_name(const Names& given) {
  Names names;
  for (const std::string& name : given) names.push_back(simplified(name));
  Columns columns;
  columns.audio = first_of(kAudioNames, names);
  columns.text = first_of(kNormalisedTextNames, names);
  (columns.text ? columns.text_otherwise : columns.text) = first_of(kTextNames, names);
  columns.speaker = first_of(kSpeakerNames, names);
  columns.id = first_of(kIdNames, names);
  columns.begin = first_of(kBeginNames, names);
  columns.end = first_of(kEndNames, names);
  columns.duration = first_of(kDurationNames, names);
  columns.split = first_of(kSplitNames, names);
  columns.up_votes = first_of({"up_votes"}, names);
  columns.down_votes = first_of({"down_votes"}, names);
  return columns;
}

}  // namespace

Columns match_columns(const Names& names, const LayoutOptions& options, const std::string& table) {
  Columns columns = by_name(names);
  override_all(columns, options, names, table);
  if (!columns.audio) columns.audio = columns.id;
  return columns;
}

Columns match_numbers(size_t count, const LayoutOptions& options, const std::string& table) {
  Names names;
  for (size_t i = 0; i < count; ++i) names.push_back(std::to_string(i + 1));
  Columns columns;
  override_all(columns, options, names, table);
  return columns;
}

bool looks_like_header(const Names& names) {
  if (std::any_of(names.begin(), names.end(), has_sound_extension)) return false;
  const Columns columns = by_name(names);
  int known = 0;
  for (const auto& column : {columns.audio, columns.text, columns.speaker, columns.id, columns.begin, columns.split})
    known += column.has_value();
  return (columns.audio || columns.id) && known >= 2;
}

bool names_a_column(const LayoutOptions& options) {
  for (const std::string& word : {options.column_audio, options.column_text, options.column_speaker, options.column_id})
    if (!word.empty() && !number_of(word, 9999)) return true;
  return false;
}

std::string columns_text(const Columns& columns, const Names& names) {
  std::vector<std::string> parts;
  const auto add = [&](const char* what, std::optional<size_t> column) {
    if (!column) return;
    parts.push_back(
        fmt::format("{} from {}", what, names.empty() ? fmt::format("column {}", *column + 1) : names.at(*column)));
  };
  add("recordings", columns.audio);
  add("texts", columns.text);
  add("speakers", columns.speaker);
  if (columns.id != columns.audio) add("ids", columns.id);
  add("segments", columns.begin);
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace vits::data
