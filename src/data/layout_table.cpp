#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "clip_rows.h"
#include "columns.h"
#include "layouts.h"
#include "table_shape.h"
#include "vits/base/error.h"
#include "vits/formats/delimited.h"
#include "vits/formats/text_file.h"
#include "vits/formats/utf8.h"

namespace vits::data {

namespace fs = std::filesystem;

namespace {

constexpr size_t kRowsLookedAt = 1000;

formats::Dialect dialect_of(std::string_view text, TableKind kind) {
  if (kind == TableKind::ljspeech) return {'|', formats::Quoting::kNone};
  if (kind == TableKind::commonvoice) return {'\t', formats::Quoting::kNone};
  return formats::guess_dialect(text);
}

struct Beginning {
  std::vector<Fields> rows;   // without those that have a defect
  int64_t first_row = 0;      // its number
  formats::Record defective;  // the first that has one
};

Beginning beginning_of(std::string_view text, formats::Dialect dialect, size_t most) {
  formats::DelimitedReader reader(text, dialect);
  formats::Record record;
  Beginning beginning;
  while (beginning.rows.size() < most && reader.next(record)) {
    if (!record.defect.empty()) {
      if (beginning.defective.defect.empty()) beginning.defective = record;
      continue;
    }
    if (beginning.rows.empty()) beginning.first_row = record.row;
    beginning.rows.push_back(record.fields);
  }
  return beginning;
}

std::string defect_text(const formats::Record& record, const std::string& encoding) {
  const bool is_utf8 = std::all_of(record.fields.begin(), record.fields.end(), formats::is_utf8);
  return is_utf8 ? record.defect : record.defect + advice_on_encoding(encoding);
}

// Releases of Common Voice differ in how they write a quotation mark: as it is, with a backslash, or as CSV does.
std::string without_escapes(const std::string& field) {
  std::string plain;
  const bool quoted = field.size() >= 2 && field.starts_with('"') && field.ends_with('"');
  const std::string_view inside = quoted ? std::string_view(field).substr(1, field.size() - 2) : field;
  for (size_t i = 0; i < inside.size(); ++i) {
    const char next = i + 1 < inside.size() ? inside[i + 1] : '\0';
    if ((inside[i] == '\\' && (next == '"' || next == '\\')) || (quoted && inside[i] == '"' && next == '"')) ++i;
    plain += inside[i];
  }
  return plain;
}

AudioIndex audio_around(const Part& part, TableKind kind) {
  if (kind != TableKind::commonvoice) return AudioIndex::around(part.path);
  const fs::path folder = part.path.parent_path().empty() ? fs::path(".") : part.path.parent_path();
  return AudioIndex({folder / "clips", folder});
}

class Table {
 public:
  Table(const Part& part, TableKind kind, Task& task)
      : part_(part),
        kind_(kind),
        task_(task),
        name_(part.path.string()),
        file_(part.path, task.options.encoding),
        dialect_(dialect_of(file_.text(), kind)),
        recordings_(audio_around(part, kind)) {}

  void list() {
    task_.listing.files.push_back(part_.path);
    find_columns();
    formats::DelimitedReader reader(file_.text(), dialect_);
    formats::Record record;
    while (reader.next(record))
      if (record.row != header_row_) take(record);
  }

 private:
  void find_columns() {
    const auto [rows, first_row, defective] = beginning_of(file_.text(), dialect_, kRowsLookedAt);
    if (rows.empty()) throw_without_rows(defective, "no rows");
    const LayoutOptions& options = task_.options;
    const bool has_header = kind_ == TableKind::commonvoice || names_a_column(options) || looks_like_header(rows[0])
                            || only_its_recordings_are_named(rows);
    if (has_header) {
      header_row_ = first_row;
      width_ = rows[0].size();
      columns_ = match_columns(rows[0], options, name_);
      if (!columns_.audio) throw_missing("audio", "recordings", rows[0]);
      if (!columns_.text) throw_missing("text", "texts", rows[0]);
      if (rows.size() == 1) throw_without_rows(defective, "a header and no rows");
    } else {
      width_ = usual_width(rows);
      columns_ = kind_ == TableKind::ljspeech ? columns_of_ljspeech(rows)
                                              : recognise_columns(rows, recordings_, options, name_);
    }
    task_.listing.columns = has_header ? columns_text(columns_, rows[0]) : columns_text(columns_);
    needed_ = std::max(*columns_.audio, std::min(*columns_.text, columns_.text_otherwise.value_or(*columns_.text))) + 1;
    const auto names_of_files = std::count_if(rows.begin(), rows.end(), [&](const Fields& row) {
      return has_sound_extension(trimmed(row.at(std::min(*columns_.audio, row.size() - 1))));
    });
    const bool is_ljspeech = !has_header && dialect_.delimiter == '|' && columns_.audio == 0u && !columns_.speaker
                             && 2 * static_cast<size_t>(names_of_files) < rows.size();
    if (kind_ == TableKind::any) task_.listing.layout = is_ljspeech ? "ljspeech" : "table";
  }

  // A header of one known word: no recording has that name, but the next row's is there.
  bool only_its_recordings_are_named(const std::vector<Fields>& rows) {
    const auto column = match_columns(rows[0], {}, name_).audio;
    return column && rows.size() > 1 && *column < rows[1].size() && !recordings_.find(trimmed(rows[0][*column]))
           && recordings_.find(trimmed(rows[1][*column]));
  }

  // `what` it has when none of its rows has a defect.
  [[noreturn]] void throw_without_rows(const formats::Record& defective, const char* what) const {
    if (defective.defect.empty()) throw Error("{} has {}.", name_, what);
    throw Error("not one row of {} can be read; the first is row {}: {}", name_, defective.row,
                as_sentence(defect_text(defective, task_.options.encoding)));
  }

  [[noreturn]] void throw_missing(const char* option, const char* what, const Fields& header) const {
    throw Error("{}: none of its columns is known to hold {}: {}. Name it with --column_{}.", name_, what,
                fmt::join(header, ", "), option);
  }

  // id|text|normalised text, the third field of which may be missing.
  Columns columns_of_ljspeech(const std::vector<Fields>& rows) {
    width_ = 0;
    for (const Fields& row : rows) width_ = std::max(width_, std::min<size_t>(row.size(), 3));
    if (width_ < 2) throw Error("{} has no bars: LJSpeech's lines are id|text|normalised text.", name_);
    Columns columns = match_numbers(width_, task_.options, name_);
    if (!columns.audio) columns.audio = 0;
    if (!columns.text) {
      columns.text = width_ - 1;
      if (width_ == 3) columns.text_otherwise = 1;
    }
    return columns;
  }

  std::string field(const formats::Record& record, std::optional<size_t> column) const {
    if (!column || *column >= record.fields.size()) return "";
    const std::string& field = record.fields[*column];
    return kind_ == TableKind::commonvoice ? without_escapes(field) : field;
  }

  std::string reason_against(const formats::Record& record) const {
    if (!record.defect.empty()) return defect_text(record, task_.options.encoding);
    const size_t fields = record.fields.size();
    if (fields < needed_)
      return fmt::format("the row has {} {}, the {} is field {}", fields, fields == 1 ? "field" : "fields",
                         *columns_.text + 1 == needed_ ? "text" : "recording", needed_);
    for (size_t i = width_; i < fields; ++i)
      if (!trimmed(record.fields[i]).empty())
        return fmt::format("the row has {} fields, {} has {}: a '{}' inside a text {}", fields,
                           header_row_ > 0 ? "the header" : "the table", width_,
                           dialect_.delimiter == '\t' ? std::string("tab") : std::string(1, dialect_.delimiter),
                           dialect_.quoting == formats::Quoting::kCsv ? "needs quotation marks around the text"
                                                                      : "cannot be told from the end of a field");
    return "";
  }

  void take(const formats::Record& record) {
    Row row = row_of(columns_, [&](std::optional<size_t> column) { return field(record, column); });
    row.manifest = name_;
    row.number = record.row;
    if (!task_.splits.takes(split_of_row(part_, row.split, row.audio))) return;
    std::string reason = reason_against(record);
    if (reason.empty()) reason = complaint_about_votes(row, task_.options.min_votes);
    if (reason.empty())
      add_clip(row, recordings_, task_.listing);
    else
      reject_row(row, reason, task_.listing);
  }

  const Part& part_;
  TableKind kind_;
  Task& task_;
  std::string name_;
  formats::TextFile file_;
  formats::Dialect dialect_;
  AudioIndex recordings_;
  int64_t header_row_ = 0;  // 0: it has none
  Columns columns_;
  size_t width_ = 0;   // fields of a proper row
  size_t needed_ = 0;  // fields without which it is none
};

}  // namespace

void list_table(const Part& part, TableKind kind, Task& task) { Table(part, kind, task).list(); }

std::vector<std::string> first_fields(const fs::path& table, const std::string& encoding) {
  const formats::TextFile file(table, encoding);
  const std::vector<Fields> rows = beginning_of(file.text(), formats::guess_dialect(file.text()), 1).rows;
  return rows.empty() ? Fields{} : rows[0];
}

bool is_commonvoice_table(const fs::path& table, const LayoutOptions& options) {
  std::error_code error;
  if (table.extension() != ".tsv" || !fs::is_directory(table.parent_path() / "clips", error)) return false;
  const Fields header = first_fields(table, options.encoding);
  const auto has = [&](const char* name) { return std::find(header.begin(), header.end(), name) != header.end(); };
  return has("client_id") && has("path") && has("sentence");
}

Parts commonvoice_parts(const fs::path& folder, const LayoutOptions& options) {
  std::error_code error;
  if (!fs::is_directory(folder / "clips", error)) return {};
  Parts all;
  for (const char* name : {"validated", "train", "dev", "test", "other", "invalidated"}) {
    const fs::path path = folder / (std::string(name) + ".tsv");
    if (!fs::is_regular_file(path, error)) continue;
    if (is_commonvoice_table(path, options)) all.push_back({path, name});
  }
  // Whoever asks for no split gets what people have confirmed: all of train, dev and test, and more.
  const bool has_validated = !all.empty() && all[0].split == "validated";
  if (!options.splits.empty()) return all;
  Parts wanted;
  for (const Part& part : all)
    if (has_validated ? part.split == "validated" : is_usual_split(part.split)) wanted.push_back(part);
  return wanted.empty() ? all : wanted;
}

}  // namespace vits::data
