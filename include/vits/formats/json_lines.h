// JSON Lines: an object a line, as Hugging Face's metadata.jsonl and NeMo's manifests have them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "vits/formats/json.h"

namespace vits::formats {

struct JsonRecord {
  Json value;          // an object, or null after a defect
  int64_t row = 0;     // line of the file, from 1
  std::string defect;  // why there is no object: broken syntax, not UTF-8, something else than an object
  bool is_utf8 = true;
};

// Ends a line at \n, \r\n or \r. Lines of nothing but blanks are skipped. After a defect reading goes on with the next
// line.
class JsonLinesReader {
 public:
  explicit JsonLinesReader(std::string_view text) : text_(text) {}  // the text must outlive the reader
  bool next(JsonRecord& record);

 private:
  std::string_view text_;
  int64_t line_ = 1;
};

}  // namespace vits::formats
