#include "clip_rows.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "vits/formats/utf8.h"

namespace vits::data {

namespace {

bool is_blank(UChar32 c) { return u_isUWhiteSpace(c) || c == 0xFEFF || c == 0x200B || u_iscntrl(c); }

// Nothing unless the whole word is one finite number.
std::optional<double> seconds_of(const std::string& word) {
  double seconds = 0.0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), seconds);
  if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(seconds)) return std::nullopt;
  return seconds;
}

std::string id_of(const Row& row) {
  const std::string id = trimmed(row.id);
  return id.empty() ? file_stem(row.audio) : without_sound_extension(id);
}

// Gives the reason why it cannot be, if so.
std::string set_segment(const Row& row, Clip& clip) {
  const std::string begin = trimmed(row.begin), end = trimmed(row.end);
  // Without a beginning it only tells how long the recording is.
  const std::string duration = begin.empty() ? "" : trimmed(row.duration);
  for (const std::string& word : {begin, end, duration}) {
    const auto seconds = seconds_of(word);
    if (!word.empty() && (!seconds || *seconds < 0.0)) return fmt::format("\"{}\" is no time in seconds", word);
  }
  if (!begin.empty()) clip.begin_seconds = *seconds_of(begin);
  if (!end.empty())
    clip.end_seconds = *seconds_of(end);
  else if (!duration.empty())
    clip.end_seconds = clip.begin_seconds + *seconds_of(duration);
  if (clip.end_seconds < 0.0 || clip.end_seconds > clip.begin_seconds) return "";
  return fmt::format("the segment ends at {} s, not after its beginning at {} s", clip.end_seconds, clip.begin_seconds);
}

std::string segment_suffix(const Clip& clip) {
  const auto milliseconds = [](double seconds) { return fmt::format("_{:08.0f}", seconds * 1000.0); };
  return milliseconds(clip.begin_seconds) + (clip.end_seconds < 0.0 ? "" : milliseconds(clip.end_seconds));
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto size = static_cast<int32_t>(text.size());
  int32_t begin = 0, end = size;
  for (int32_t next = begin; begin < size; begin = next) {
    UChar32 c;
    U8_NEXT(text.data(), next, size, c);
    if (c < 0 || !is_blank(c)) break;
  }
  for (int32_t previous = end; end > begin; end = previous) {
    UChar32 c;
    U8_PREV(text.data(), begin, previous, c);
    if (c < 0 || !is_blank(c)) break;
  }
  return std::string(text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
}

Row row_of(const Columns& columns, const std::function<std::string(std::optional<size_t>)>& words) {
  Row row;
  row.audio = words(columns.audio);
  row.text = words(columns.text);
  if (trimmed(row.text).empty()) row.text = words(columns.text_otherwise);
  row.speaker = words(columns.speaker);
  row.id = words(columns.id);
  row.begin = words(columns.begin);
  row.end = words(columns.end);
  row.duration = words(columns.duration);
  row.split = trimmed(words(columns.split));
  row.up_votes = words(columns.up_votes);
  row.down_votes = words(columns.down_votes);
  return row;
}

std::string complaint_about_votes(const Row& row, int64_t min_votes) {
  if (min_votes == 0 || row.up_votes.empty()) return "";
  const int64_t votes = std::atoll(row.up_votes.c_str()) - std::atoll(row.down_votes.c_str());
  if (votes >= min_votes) return "";
  return fmt::format("{} {} for it, less than --min_votes {}", votes, votes == 1 ? "vote" : "votes", min_votes);
}

std::string advice_on_encoding(const std::string& encoding) {
  if (encoding == "auto") return "; --encoding names what it is in, such as windows-1254";
  return fmt::format("; --encoding {} does not know what stands there", encoding);
}

std::string as_sentence(std::string reason) {
  if (!reason.ends_with('.')) reason += '.';
  return reason;
}

void reject_row(const Row& row, const std::string& reason, Listing& listing) {
  listing.rejected.push_back({id_of(row), row.manifest, row.number, reason});
}

void add_clip(const Row& row, AudioIndex& recordings, Listing& listing) {
  const std::string name = trimmed(row.audio);
  if (auto file = recordings.find(name)) {
    AudioPlace sound;
    sound.file = std::move(*file);
    add_clip(row, sound, listing);
  } else {
    reject_row(row, recordings.why_not(name), listing);
  }
}

void add_clip(const Row& row, const AudioPlace& sound, Listing& listing) {
  Clip clip;
  clip.audio = sound;
  clip.id = id_of(row);
  clip.text = trimmed(row.text);
  clip.speaker = trimmed(row.speaker);
  std::string reason;
  if (!formats::is_utf8(clip.text) || !formats::is_utf8(clip.speaker))
    reason = "the text is not UTF-8; --encoding names what it is in";
  else if (clip.text.empty())
    reason = "the text is empty";
  else
    reason = set_segment(row, clip);
  if (!reason.empty()) return reject_row(row, reason, listing);
  if (clip.is_segment() && trimmed(row.id).empty()) clip.id += segment_suffix(clip);
  clip.listed_in = row.manifest;
  clip.listed_row = row.number;
  listing.clips.push_back(std::move(clip));
}

}  // namespace vits::data
