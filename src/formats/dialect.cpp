#include <algorithm>
#include <map>

#include "lines.h"
#include "vits/formats/delimited.h"

namespace vits::formats {

namespace {

constexpr size_t kGuessedFromBytes = 64 << 10;
constexpr int kMostRecordsRead = 200;
constexpr double kNoise = 0.05;  // a table may have some bad rows

// The first lines, whole unless there is but one.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kGuessedFromBytes) return text;
  text = text.substr(0, kGuessedFromBytes);
  const size_t end = text.find_last_of("\n\r");
  return end == std::string_view::npos ? text : text.substr(0, end);
}

// The share of records with the most common number of fields; 0 when that is one field.
double evenness(std::string_view text, Dialect dialect) {
  DelimitedReader reader(text, dialect);
  Record record;
  std::map<size_t, int> records_with;
  int records = 0;
  for (; records < kMostRecordsRead && reader.next(record); ++records) ++records_with[record.fields.size()];
  const auto common = std::max_element(records_with.begin(), records_with.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return common == records_with.end() || common->first == 1 ? 0.0 : 1.0 * common->second / records;
}

// What the quotation marks look like in a table that has the same fields with and without them.
struct QuoteSigns {
  bool of_csv = false;    // doubled inside a quoted field, or around the first field of each row
  bool of_prose = false;  // "Hello," he said
};

QuoteSigns quote_signs(std::string_view text, char delimiter) {
  DelimitedReader reader(text, {delimiter, Quoting::kNone});
  Record record;
  QuoteSigns signs;
  bool first_always_quoted = true;
  int records = 0;
  for (; records < kMostRecordsRead && reader.next(record); ++records) {
    first_always_quoted &= record.fields[0].starts_with('"');
    for (const std::string& field : record.fields) {
      if (!field.starts_with('"')) continue;
      std::string inside = field.substr(1);
      const bool ends = inside.ends_with('"');
      if (ends) inside.pop_back();
      size_t doubled = 0, single = 0;
      for (size_t i = inside.find('"'); i != std::string::npos; i = inside.find('"', i + 1)) {
        const bool pair = inside.compare(i, 2, "\"\"") == 0;
        ++(pair ? doubled : single);
        i += pair;
      }
      signs.of_csv |= ends && doubled > 0 && single == 0;
      signs.of_prose |= !ends || single > 0;
    }
  }
  signs.of_csv |= records > 0 && first_always_quoted;
  return signs;
}

}  // namespace

Dialect guess_dialect(std::string_view text) {
  text = beginning(text);
  // Commas and semicolons occur in prose, bars and tabs hardly do, so of equally even tables theirs is meant.
  Dialect best;
  double best_evenness = 0.0;
  for (const char delimiter : {'\t', '|', ';', ','}) {
    const bool of_prose = delimiter == ',' || delimiter == ';';
    const double plain = evenness(text, {delimiter, Quoting::kNone}), csv = evenness(text, {delimiter, Quoting::kCsv});
    if (std::max(plain, csv) <= best_evenness + (best_evenness > 0 ? kNoise : 0)) continue;
    best_evenness = std::max(plain, csv);
    const QuoteSigns signs = quote_signs(text, delimiter);
    const bool quoted = csv > plain || (signs.of_csv && !signs.of_prose) || (of_prose && !signs.of_prose);
    best = {delimiter, quoted ? Quoting::kCsv : Quoting::kNone};
  }
  return best;
}

}  // namespace vits::formats
