#include "vits/formats/json_lines.h"

#include "lines.h"
#include "vits/base/error.h"
#include "vits/formats/utf8.h"

namespace vits::formats {

namespace {

// parse_json() names the place as "it:1:column: ", and the line is known.
std::string without_line(std::string text) {
  constexpr std::string_view kFirstLine = "it:1:";
  if (text.starts_with(kFirstLine)) return "column " + text.substr(kFirstLine.size());
  return text;
}

}  // namespace

bool JsonLinesReader::next(JsonRecord& record) {
  record = {};
  while (!text_.empty()) {
    const std::string_view line = take_line(text_);
    record.row = line_++;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (const size_t good = utf8_prefix(line); good < line.size()) {
      record.is_utf8 = false;
      record.defect = fmt::format("byte {} is not UTF-8: {:02X}", good + 1, static_cast<unsigned char>(line[good]));
      return true;
    }
    try {
      record.value = parse_json(line, "it");
      if (!record.value.is_object()) record.defect = "it is no JSON object";
    } catch (const Error& error) {
      record.defect = without_line(error.what());
    }
    if (!record.defect.empty()) record.value = nullptr;
    return true;
  }
  return false;
}

}  // namespace vits::formats
