#include "vits/formats/delimited.h"

#include <algorithm>

#include "lines.h"
#include "printable.h"
#include "vits/base/error.h"

namespace vits::formats {

namespace {

// A transcript with more line ends in it than this is a quotation mark gone astray.
constexpr size_t kMostQuotedLines = 200, kMostQuotedBytes = 64 << 10;

struct QuotedRecord {
  std::string_view text;  // with the line ends inside, without the one behind
  size_t line_ends = 0;
};

void split_plain(std::string_view line, char delimiter, std::vector<std::string>& fields) {
  fields.clear();
  for (size_t begin = 0;;) {
    const size_t end = line.find(delimiter, begin);
    fields.emplace_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return;
    begin = end + 1;
  }
}

// How a quoted record went. `strayed` is for one over several lines that cannot be meant.
enum class Outcome { complete, strayed, unclosed };

// Reads a record from the beginning of `text` into `fields` and counts its line ends and bytes.
Outcome split_quoted(std::string_view text, char delimiter, std::vector<std::string>& fields, QuotedRecord& record) {
  fields.assign(1, "");
  size_t place = 0;
  record = {};
  bool field_begins = true;
  while (place < text.size() && text[place] != '\n' && text[place] != '\r') {
    const char c = text[place];
    if (c == delimiter) {
      fields.emplace_back();
      field_begins = true;
      ++place;
      continue;
    }
    if (c != '"' || !field_begins) {
      const char stops[] = {delimiter, '\n', '\r'};
      const size_t end = std::min(text.find_first_of(std::string_view(stops, 3), place), text.size());
      fields.back() += text.substr(place, end - place);
      place = end;
      continue;
    }
    field_begins = false;
    ++place;
    bool over_lines = false;
    for (;;) {
      const size_t stop = text.find_first_of("\"\n\r", place);
      if (stop == std::string_view::npos) return Outcome::unclosed;
      if (text[stop] != '"') {
        const size_t end = stop + (text.substr(stop, 2) == "\r\n" ? 2 : 1);
        fields.back() += text.substr(place, end - place);
        place = end;
        over_lines = true;
        if (++record.line_ends > kMostQuotedLines || place > kMostQuotedBytes) return Outcome::unclosed;
        continue;
      }
      fields.back() += text.substr(place, stop - place);
      place = stop + 1;
      if (place == text.size() || text[place] != '"') break;
      fields.back() += '"';
      ++place;
    }
    const char after = place < text.size() ? text[place] : '\n';
    if (over_lines && after != delimiter && after != '\n' && after != '\r') return Outcome::strayed;
  }
  record.text = text.substr(0, place);
  return Outcome::complete;
}

std::string defect_of(const std::vector<std::string>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const size_t good = utf8_prefix(fields[i]);
    if (good < fields[i].size())
      return fmt::format("field {} is not UTF-8: byte {:02X} after \"{}\"", i + 1,
                         static_cast<unsigned char>(fields[i][good]),
                         printable(std::string_view(fields[i]).substr(0, good)));
    if (fields[i].find('\0') != std::string::npos) return fmt::format("field {} holds a NUL byte", i + 1);
  }
  return "";
}

}  // namespace

DelimitedReader::DelimitedReader(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}

bool DelimitedReader::next(Record& record) {
  record.fields.clear();
  record.defect.clear();
  std::string_view rest = text_.substr(place_);
  while (!rest.empty()) {
    std::string_view after = rest;
    const std::string_view line = take_line(after);
    record.row = line_++;
    if (line.empty()) {
      rest = after;
      continue;
    }
    const bool quoted = dialect_.quoting == Quoting::kCsv && line.find('"') != std::string_view::npos;
    QuotedRecord whole;
    Outcome outcome = Outcome::complete;
    if (quoted) outcome = split_quoted(rest, dialect_.delimiter, record.fields, whole);
    if (whole.line_ends > 0 && fields_of_first_ != 0 && record.fields.size() != fields_of_first_)
      outcome = Outcome::strayed;
    if (!quoted || outcome != Outcome::complete) {
      split_plain(line, dialect_.delimiter, record.fields);
    } else {
      after = rest.substr(whole.text.size());
      if (!after.empty()) take_line(after);
      line_ += static_cast<int64_t>(whole.line_ends);
    }
    record.defect = outcome == Outcome::complete ? defect_of(record.fields) : "a quotation mark in it never ends";
    if (fields_of_first_ == 0 && record.defect.empty()) fields_of_first_ = record.fields.size();
    place_ = text_.size() - after.size();
    return true;
  }
  place_ = text_.size();
  return false;
}

std::string delimited_line(const std::vector<std::string>& fields, Dialect dialect) {
  const std::string special{dialect.delimiter, '\n', '\r', '"'};
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += dialect.delimiter;
    const std::string& field = fields[i];
    if (dialect.quoting == Quoting::kNone) {
      if (field.find_first_of(special.substr(0, 3)) != std::string::npos)
        throw Error("\"{}\" has a '{}' or a line end in it, which a table without quotation marks cannot hold.",
                    printable(field), printable({&dialect.delimiter, 1}));
      line += field;
    } else if (field.find_first_of(special) != std::string::npos || (fields.size() == 1 && field.empty())) {
      line += '"';
      for (const char c : field) line += c == '"' ? std::string("\"\"") : std::string(1, c);
      line += '"';
    } else {
      line += field;
    }
  }
  return line + '\n';
}

}  // namespace vits::formats
