// Tables of text with a delimiter: CSV, TSV, `id|text`. Row by row from memory, so a mapped file of any size will do.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vits::formats {

enum class Quoting {
  kNone,  // a quotation mark is a character: LJSpeech's metadata.csv, Common Voice's TSV
  kCsv,   // RFC 4180: "a field", doubled inside, with delimiters and line ends in it
};

struct Dialect {
  char delimiter = ',';
  Quoting quoting = Quoting::kCsv;
};

struct Record {
  std::vector<std::string> fields;
  int64_t row = 0;     // the line of the file in which it begins, from 1
  std::string defect;  // why the fields are not to be trusted: not UTF-8, a NUL, a quotation mark that never ends
};

// Ends a line at \n, \r\n or \r. Empty lines are skipped. After a defect reading goes on with the next line.
class DelimitedReader {
 public:
  DelimitedReader(std::string_view text, Dialect dialect);  // the text must outlive the reader
  bool next(Record& record);

 private:
  std::string_view text_;
  size_t place_ = 0;
  int64_t line_ = 1;
  Dialect dialect_;
};

// The dialect that makes the most even table of the first lines: a comma, tab, bar or semicolon.
Dialect guess_dialect(std::string_view text);

// One record as a line with its end, quoted as needed.
std::string delimited_line(const std::vector<std::string>& fields, Dialect dialect);

}  // namespace vits::formats
