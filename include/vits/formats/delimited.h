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

// Ends a line at \n, \r\n or \r. Empty lines are skipped. A quotation mark counts where a field begins; what follows
// the closing one up to the delimiter still belongs to the field, as in Python's csv.
//
// After a defect reading goes on with the next line, and a stray quotation mark takes no later rows with it: a field
// that runs over line ends must close before a delimiter or a line end, within 200 lines and 64 KiB, and give the
// record as many fields as the first record has. Else its first line alone is the defect.
class DelimitedReader {
 public:
  DelimitedReader(std::string_view text, Dialect dialect);  // the text must outlive the reader
  bool next(Record& record);

 private:
  std::string_view text_;
  size_t place_ = 0;
  int64_t line_ = 1;
  size_t fields_of_first_ = 0;  // 0 before the first record
  Dialect dialect_;
};

// The dialect that makes the most even table of the first lines: a comma, tab, bar or semicolon.
Dialect guess_dialect(std::string_view text);

// One record as a line with its end, quoted as needed. Throws Error when Quoting::kNone has no way to say it.
std::string delimited_line(const std::vector<std::string>& fields, Dialect dialect);

}  // namespace vits::formats
