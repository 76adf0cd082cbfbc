#include "table_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "clip_rows.h"
#include "vits/base/error.h"

namespace vits::data {

namespace {

constexpr size_t kRowsLookedFor = 50;  // recordings; each that is missing costs a search
constexpr double kSameWords = 0.5;     // of a text and its normalised form; two different sentences share fewer
constexpr double kClearlyLonger = 1.5;

const std::string& field(const Fields& row, size_t column) {
  static const std::string none;
  return column < row.size() ? row[column] : none;
}

bool is_empty(const std::vector<Fields>& rows, size_t column) {
  return std::all_of(rows.begin(), rows.end(), [&](const Fields& row) { return trimmed(field(row, column)).empty(); });
}

size_t column_of_recordings(const std::vector<Fields>& rows, size_t width, AudioIndex& recordings) {
  std::vector<size_t> found(width, 0);
  const size_t looked_for = std::min(rows.size(), kRowsLookedFor);
  for (size_t column = 0; column < width; ++column)
    for (size_t row = 0; row < looked_for; ++row) {
      const std::string name = trimmed(field(rows[row], column));
      // A file that is there outweighs any number of names that only look like one.
      if (recordings.find(name)) found[column] += 2 * looked_for;
      if (has_sound_extension(name)) ++found[column];
    }
  return static_cast<size_t>(std::max_element(found.begin(), found.end()) - found.begin());
}

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    if (c == ' ' || c == '\t') {
      if (!word.empty()) words.insert(std::move(word));
      word.clear();
    } else if (static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
      word += c;
    } else if (c >= 'A' && c <= 'Z') {
      word += static_cast<char>(c + 32);
    }
  }
  return words;
}

// The share of words that two columns have in common, over the rows that have both.
double likeness(const std::vector<Fields>& rows, size_t a, size_t b) {
  double sum = 0.0;
  int compared = 0;
  for (const Fields& row : rows) {
    const std::set<std::string> left = words_of(field(row, a)), right = words_of(field(row, b));
    if (left.empty() || right.empty()) continue;
    std::set<std::string> both;
    std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::inserter(both, both.end()));
    sum += static_cast<double>(both.size()) / static_cast<double>(std::max(left.size(), right.size()));
    ++compared;
  }
  return compared > 0 ? sum / compared : 0.0;
}

struct Looks {
  size_t different = 0;
  double length = 0.0;
};

Looks looks_of(const std::vector<Fields>& rows, size_t column) {
  std::set<std::string> different;
  Looks looks;
  for (const Fields& row : rows) {
    different.insert(field(row, column));
    looks.length += static_cast<double>(field(row, column).size()) / static_cast<double>(rows.size());
  }
  looks.different = different.size();
  return looks;
}

// Of a text and a speaker, which is the speaker; nothing when it cannot be told.
std::optional<size_t> speaker_of(const std::vector<Fields>& rows, size_t a, size_t b) {
  const Looks left = looks_of(rows, a), right = looks_of(rows, b);
  if (left.length * kClearlyLonger < right.length && left.different <= right.different) return a;
  if (right.length * kClearlyLonger < left.length && right.different <= left.different) return b;
  if (left.different * 2 <= right.different) return a;
  if (right.different * 2 <= left.different) return b;
  return std::nullopt;
}

}  // namespace

size_t usual_width(const std::vector<Fields>& rows) {
  std::map<size_t, size_t> rows_with;
  for (const Fields& row : rows) ++rows_with[row.size()];
  const auto usual = std::max_element(rows_with.begin(), rows_with.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  return usual == rows_with.end() ? 0 : usual->first;
}

Columns recognise_columns(const std::vector<Fields>& rows, AudioIndex& recordings, const LayoutOptions& options,
                          const std::string& table) {
  const size_t width = usual_width(rows);
  Columns columns = match_numbers(width, options, table);
  if (!columns.audio) columns.audio = columns.id ? columns.id : column_of_recordings(rows, width, recordings);
  if (columns.text) return columns;

  std::vector<size_t> rest;
  for (size_t column = 0; column < width; ++column)
    if (column != columns.audio && column != columns.speaker && column != columns.id && !is_empty(rows, column))
      rest.push_back(column);
  if (rest.empty()) throw Error("{}: no column holds texts. A manifest has lines such as recording|text.", table);
  if (rest.size() == 1) {
    columns.text = rest[0];
    return columns;
  }
  if (rest.size() == 2) {
    if (likeness(rows, rest[0], rest[1]) >= kSameWords) {
      columns.text = rest[1];
      columns.text_otherwise = rest[0];
      return columns;
    }
    if (const auto speaker = columns.speaker ? std::nullopt : speaker_of(rows, rest[0], rest[1])) {
      columns.speaker = speaker;
      columns.text = *speaker == rest[0] ? rest[1] : rest[0];
      return columns;
    }
  }
  throw Error(
      "{} has no header and {} columns besides the recordings, any of which may be the text (row 1: \"{}\", \"{}\"). "
      "Say which with --column_text NUMBER (and --column_speaker NUMBER), or give it a header line.",
      table, rest.size(), field(rows[0], rest[0]), field(rows[0], rest[1]));
}

}  // namespace vits::data
