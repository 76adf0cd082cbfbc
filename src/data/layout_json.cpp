#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "clip_rows.h"
#include "columns.h"
#include "layouts.h"
#include "vits/base/error.h"
#include "vits/formats/json_lines.h"
#include "vits/formats/text_file.h"
#include "vits/formats/utf8.h"

namespace vits::data {

namespace fs = std::filesystem;
using formats::Json;

namespace {

constexpr int kRecordsLookedAt = 100;

// "text", or "audio" with the key "path" inside it, as {"audio": {"path": "a.wav"}}.
struct Key {
  std::string name, inside;
  bool operator==(const Key&) const = default;
};

std::string plain_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : "";
}

std::string words_at(const Json& record, const std::vector<Key>& keys, std::optional<size_t> column) {
  if (!column) return "";
  const Key& key = keys[*column];
  const auto found = record.find(key.name);
  if (found == record.end()) return "";
  if (key.inside.empty() || !found->is_object()) return plain_text(*found);
  const auto inside = found->find(key.inside);
  return inside == found->end() ? "" : plain_text(*inside);
}

// JSON Lines, or one array of objects, as records.
class Records {
 public:
  Records(const formats::TextFile& file, const fs::path& path, const std::string& encoding)
      : lines_(file.text()), encoding_(encoding) {
    const std::string_view text = file.text();
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '[') return;
    if (text.size() > formats::kLargestJsonBytes)
      throw Error("{} is one JSON array of more than {} MB. Write it as JSON Lines, an object a line.", path.string(),
                  formats::kLargestJsonBytes >> 20);
    if (const size_t good = formats::utf8_prefix(text); good < text.size())
      throw Error("{}, line {}: it is not UTF-8: byte {:02X}{}.", path.string(),
                  1 + std::count(text.begin(), text.begin() + static_cast<int64_t>(good), '\n'),
                  static_cast<unsigned char>(text[good]), advice_on_encoding(encoding));
    array_ = formats::parse_json(text, path.string());
  }

  bool next(formats::JsonRecord& record) {
    if (!array_.is_array()) {
      if (!lines_.next(record)) return false;
      if (!record.is_utf8) record.defect += advice_on_encoding(encoding_);
      return true;
    }
    if (place_ == array_.size()) return false;
    record = {};
    record.value = array_[place_++];
    record.row = static_cast<int64_t>(place_);
    if (!record.value.is_object()) record.defect = "it is no JSON object";
    return true;
  }

 private:
  formats::JsonLinesReader lines_;
  std::string encoding_;
  Json array_;
  size_t place_ = 0;
};

[[noreturn]] void throw_without_keys(const std::string& name, Records records) {
  formats::JsonRecord record;
  while (records.next(record))
    if (!record.defect.empty())
      throw Error("not one row of {} can be read; the first is row {}: {}", name, record.row,
                  as_sentence(record.defect));
  throw Error("{} has no rows with anything in them.", name);
}

std::vector<Key> keys_found(Records records) {
  std::vector<Key> keys;
  const auto add = [&](Key key) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  };
  formats::JsonRecord record;
  for (int good = 0; good < kRecordsLookedAt && records.next(record);) {
    if (!record.defect.empty()) continue;
    ++good;
    for (const auto& [name, value] : record.value.items()) {
      if (!value.is_object()) {
        add({name, ""});
        continue;
      }
      for (const char* inside : {"path", "file", "text", "name", "id"})
        if (value.contains(inside)) {
          add({name, inside});
          break;
        }
    }
  }
  return keys;
}

}  // namespace

void list_json(const Part& part, Task& task) {
  const std::string name = part.path.string();
  const formats::TextFile file(part.path, task.options.encoding);
  task.listing.files.push_back(part.path);
  if (task.listing.layout.empty()) task.listing.layout = "jsonl";

  const Records records(file, part.path, task.options.encoding);
  const std::vector<Key> keys = keys_found(records);
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name);
  if (names.empty()) throw_without_keys(name, records);
  const Columns columns = match_columns(names, task.options, name);
  if (!columns.audio || !columns.text)
    throw Error("{}: none of its keys is known to hold {}: {}. Name it with --column_{}.", name,
                columns.audio ? "texts" : "recordings", fmt::join(names, ", "), columns.audio ? "text" : "audio");

  task.listing.columns = columns_text(columns, names);
  AudioIndex recordings = AudioIndex::around(part.path);
  formats::JsonRecord record;
  for (Records rest = records; rest.next(record);) {
    Row row = row_of(columns, [&](std::optional<size_t> column) {
      return record.defect.empty() ? words_at(record.value, keys, column) : "";
    });
    row.manifest = name;
    row.number = record.row;
    if (!task.splits.takes(split_of_row(part, row.split, row.audio))) continue;
    const std::string reason =
        record.defect.empty() ? complaint_about_votes(row, task.options.min_votes) : record.defect;
    if (reason.empty())
      add_clip(row, recordings, task.listing);
    else
      reject_row(row, reason, task.listing);
  }
}

bool json_lists_recordings(const fs::path& path, const LayoutOptions& options) {
  const formats::TextFile file(path, options.encoding);
  std::vector<std::string> names;
  for (const Key& key : keys_found(Records(file, path, options.encoding))) names.push_back(key.name);
  return looks_like_header(names) || (!names.empty() && names_a_column(options));
}

bool is_json(const fs::path& path, const std::string& encoding) {
  const formats::TextFile file(path, encoding);
  const size_t first = file.text().find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (file.text()[first] == '{' || file.text()[first] == '[');
}

}  // namespace vits::data
