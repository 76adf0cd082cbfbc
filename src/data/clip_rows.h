// Rows of any manifest become clips, or are rejected with what is wrong with them.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audio_index.h"
#include "columns.h"
#include "vits/data/layout.h"

namespace vits::data {

struct Row {  // in the manifest's own words
  std::string audio, text, speaker, id;
  std::string begin, end, duration;  // seconds; empty: not said
  std::string split, up_votes, down_votes;
  std::string manifest;  // what messages call the row's file
  int64_t number = 0;    // from 1; 0: the file has no rows
};

// `words` gives a column's content of the row, nothing when there is no such column.
Row row_of(const Columns& columns, const std::function<std::string(std::optional<size_t> column)>& words);

// Empty when enough people have confirmed it, or none were asked.
std::string complaint_about_votes(const Row& row, int64_t min_votes);

// Goes on after what is said of bytes that are not UTF-8: what to do about them.
std::string advice_on_encoding(const std::string& encoding);

std::string as_sentence(std::string reason);  // with a full stop at its end, unless it has one

std::string trimmed(std::string_view text);  // without blanks of any script at both ends

void add_clip(const Row& row, AudioIndex& recordings, Listing& listing);   // the recording is the file it names
void add_clip(const Row& row, const AudioPlace& sound, Listing& listing);  // the recording is known
void reject_row(const Row& row, const std::string& reason, Listing& listing);

}  // namespace vits::data
