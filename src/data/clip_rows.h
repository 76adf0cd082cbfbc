// Rows of any manifest become clips, or are rejected with what is wrong with them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "audio_index.h"
#include "vits/data/layout.h"

namespace vits::data {

struct Row {  // in the manifest's own words
  std::string audio, text, speaker, id;
  std::string begin, end, duration;  // seconds; empty: not said
  std::string manifest;              // what messages call the row's file
  int64_t number = 0;                // from 1; 0: the file has no rows
};

std::string trimmed(std::string_view text);  // without blanks of any script at both ends

void add_clip(const Row& row, AudioIndex& recordings, Listing& listing);   // the recording is the file it names
void add_clip(const Row& row, const AudioPlace& sound, Listing& listing);  // the recording is known
void reject_row(const Row& row, const std::string& reason, Listing& listing);

}  // namespace vits::data
