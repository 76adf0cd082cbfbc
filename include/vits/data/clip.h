// A recording with its text, as some data set has it: what `prepare` makes a training clip of.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "vits/data/rejected.h"
#include "vits/formats/columnar.h"

namespace vits::data {

// Where the sound is: a file, or a cell of a table (the bytes that Hugging Face keeps beside the text).
struct AudioPlace {
  std::filesystem::path file;                           // of the sound, or of the table
  std::shared_ptr<const formats::ColumnarTable> table;  // empty: `file` is the sound
  size_t column = 0;
  int64_t row = 0;  // of the table, from 0
};

struct Clip {
  std::string id;       // as its source has it; unique and safe as a file name only after make_ids_safe()
  std::string text;     // UTF-8, blanks at the ends taken off, not empty
  std::string speaker;  // empty: not said
  AudioPlace audio;
  double begin_seconds = 0.0;
  double end_seconds = -1.0;  // -1: to the end of the recording

  std::string listed_in;   // the manifest, for messages
  int64_t listed_row = 0;  // its row there, from 1; 0 when the layout has no rows

  bool is_segment() const { return begin_seconds > 0.0 || end_seconds >= 0.0; }
};

}  // namespace vits::data
