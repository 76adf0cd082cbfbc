#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "clip_rows.h"
#include "columns.h"
#include "folder_walk.h"
#include "layouts.h"
#include "vits/base/error.h"
#include "vits/formats/json.h"
#include "vits/formats/utf8.h"

namespace vits::data {

namespace fs = std::filesystem;
using formats::ColumnarTable;
using formats::Json;

namespace {

constexpr int64_t kRowsTried = 8;

// What `datasets` calls one column: a value, or a recording as bytes and path.
struct Feature {
  std::string name;
  std::optional<size_t> value, bytes, path;  // columns of the table
  bool is_sound = false;
  std::vector<std::string> class_names;  // of numbers that stand for words
};

std::vector<Feature> features_of(const ColumnarTable& table) {
  std::vector<Feature> features;
  const std::vector<std::string>& columns = table.columns();
  for (size_t i = 0; i < columns.size(); ++i) {
    const size_t dot = columns[i].rfind('.');
    const std::string inside = dot == std::string::npos ? "" : columns[i].substr(dot + 1);
    const bool is_part = inside == "bytes" || inside == "path";
    const std::string name = is_part ? columns[i].substr(0, dot) : columns[i];
    auto feature = std::find_if(features.begin(), features.end(), [&](const Feature& one) { return one.name == name; });
    if (feature == features.end()) {
      feature = features.insert(feature, Feature());
      feature->name = name;
    }
    (inside == "bytes" ? feature->bytes : inside == "path" ? feature->path : feature->value) = i;
    feature->is_sound |= inside == "bytes";
  }
  return features;
}

// {"audio": {"_type": "Audio"}, "speaker": {"_type": "ClassLabel", "names": ["Anna", "Bo"]}}
void describe(std::vector<Feature>& features, const Json& description) {
  if (!description.is_object()) return;
  for (Feature& feature : features) {
    const auto found = description.find(feature.name);
    if (found == description.end() || !found->is_object()) continue;
    if (found->value("_type", Json()) == "Audio") feature.is_sound = true;
    const Json names = found->value("names", Json());
    if (!names.is_array()) continue;
    for (const Json& name : names)
      feature.class_names.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  }
}

Json description_of(const fs::path& file, const ColumnarTable& table) {
  if (!table.huggingface_metadata().empty()) {
    const Json metadata = formats::parse_json(table.huggingface_metadata(), file.string());
    const Json::json_pointer place("/info/features");
    if (metadata.contains(place)) return metadata[place];
  }
  const fs::path info = file.parent_path() / "dataset_info.json";
  std::error_code error;
  if (!fs::is_regular_file(info, error)) return nullptr;
  const Json json = formats::read_json(info);
  return json.is_object() ? json.value("features", Json()) : Json();
}

class Reader {
 public:
  Reader(const Part& part, Task& task)
      : part_(part),
        task_(task),
        name_(part.path.string()),
        table_(ColumnarTable::open(part.path)),
        features_(features_of(*table_)),
        recordings_(AudioIndex::around(part.path)) {
    describe(features_, description_of(part.path, *table_));
  }

  void list() {
    task_.listing.files.push_back(part_.path);
    find_columns();
    bytes_ = column_of_bytes(features_[*columns_.audio]);
    for (int64_t i = 0; i < table_->rows(); ++i) take(i);
  }

 private:
  void find_columns() {
    std::vector<std::string> names;
    for (const Feature& feature : features_) names.push_back(feature.name);
    columns_ = match_columns(names, task_.options, name_);
    const auto sound =
        std::find_if(features_.begin(), features_.end(), [](const Feature& one) { return one.is_sound; });
    if (task_.options.column_audio.empty() && sound != features_.end())
      columns_.audio = static_cast<size_t>(sound - features_.begin());
    if (!columns_.audio || !columns_.text)
      throw Error("{}: none of its columns is known to hold {}: {}. Name it with --column_{}.", name_,
                  columns_.audio ? "texts" : "recordings", fmt::join(names, ", "), columns_.audio ? "text" : "audio");
    task_.listing.columns = columns_text(columns_, names);
  }

  void take(int64_t i) {
    Row row = row_of(columns_, [&](std::optional<size_t> column) { return words(column, i); });
    row.manifest = name_;
    row.number = i + 1;
    if (!task_.splits.takes(split_of_row(part_, row.split, row.audio))) return;
    if (bytes_ && row.audio.empty() && row.id.empty()) row.id = fmt::format("{}_{:06}", part_.path.stem().string(), i);
    const std::string reason = complaint_about_votes(row, task_.options.min_votes);
    if (!reason.empty())
      reject_row(row, reason, task_.listing);
    else if (bytes_)
      add_clip(row, AudioPlace{part_.path, table_, *bytes_, i}, task_.listing);
    else
      add_clip(row, recordings_, task_.listing);
  }

  // The column that holds the sound itself, if the first rows have any there. Asking each row would read it all.
  std::optional<size_t> column_of_bytes(const Feature& sound) const {
    for (int64_t row = 0; row < std::min(kRowsTried, table_->rows()); ++row) {
      if (sound.bytes && table_->value(*sound.bytes, row)) return sound.bytes;
      if (!sound.value) continue;
      const auto value = table_->value(*sound.value, row);
      if (value && (!formats::is_utf8(*value) || value->find('\0') != std::string::npos)) return sound.value;
    }
    return std::nullopt;
  }

  std::string words(std::optional<size_t> which, int64_t row) const {
    if (!which) return "";
    const Feature& feature = features_[*which];
    const auto column = feature.value ? feature.value : feature.path;
    if (!column || column == bytes_) return "";
    std::string value = table_->value(*column, row).value_or("");
    if (feature.class_names.empty() || value.empty() || value.size() > 9) return value;
    if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) return value;
    const size_t number = std::stoul(value);
    return number < feature.class_names.size() ? feature.class_names[number] : value;
  }

  const Part& part_;
  Task& task_;
  std::string name_;
  std::shared_ptr<const ColumnarTable> table_;
  std::vector<Feature> features_;
  AudioIndex recordings_;
  Columns columns_;
  std::optional<size_t> bytes_;  // where the sound itself is
};

// The shards that state.json names, in its order.
void add_shards(const fs::path& folder, std::string split, Parts& parts) {
  const Json state = formats::read_json(folder / "state.json");
  if (!state.is_object()) throw Error("{} is no JSON object.", (folder / "state.json").string());
  if (split.empty() && state.value("_split", Json()).is_string()) split = state["_split"].get<std::string>();
  for (const Json& file : state.value("_data_files", Json::array())) {
    const Json name = file.is_object() ? file.value("filename", Json()) : Json();
    if (!name.is_string()) throw Error("{}: _data_files has no file names.", (folder / "state.json").string());
    parts.push_back({folder / fs::path(name.get<std::string>()).filename(), split});
  }
}

// train of train-00000-of-00002.parquet, data/train/0000.parquet and old-train.parquet; "" when no name says it.
std::string split_of_shard(const fs::path& relative) {
  const std::string stem = relative.stem().string();
  const size_t of = stem.rfind("-of-");
  const size_t dash = of == std::string::npos || of == 0 ? std::string::npos : stem.rfind('-', of - 1);
  if (dash != std::string::npos && dash > 0 && stem.substr(0, dash) != "data") return stem.substr(0, dash);
  const std::string folder = relative.parent_path().filename().string();
  for (std::string word : {stem, folder}) {
    if (word.starts_with("partial-")) word.erase(0, 8);
    if (is_usual_split(word)) return word;
  }
  return "";
}

}  // namespace

Parts datasets_parts(const fs::path& folder, const LayoutOptions&) {
  Parts parts;
  std::error_code error;
  if (fs::is_regular_file(folder / "dataset_dict.json", error)) {
    const Json json = formats::read_json(folder / "dataset_dict.json");
    const Json splits = json.is_object() ? json.value("splits", Json()) : Json();
    if (!splits.is_array() || splits.empty())
      throw Error("{} names no splits.", (folder / "dataset_dict.json").string());
    for (const Json& split : splits) {
      const std::string name = split.is_string() ? split.get<std::string>() : "";
      if (name.empty() || fs::path(name).filename() != name || name.starts_with('.'))
        throw Error("{}: {} is no name of a split.", (folder / "dataset_dict.json").string(), split.dump());
      add_shards(folder / name, name, parts);
    }
  } else if (fs::is_regular_file(folder / "state.json", error)) {
    add_shards(folder, "", parts);
  } else {
    for (const std::string& name : entries_of(folder).files)
      if (name.ends_with(".arrow")) parts.push_back({folder / name, ""});
  }
  return parts;
}

Parts parquet_parts(const fs::path& folder, const LayoutOptions&) {
  constexpr int kDeepestShard = 3;
  Parts parts;
  std::map<std::string, int> shards_in;  // folders, those of splits left out: `ku` of ku/train/0000.parquet
  walk_folders(folder, kDeepestShard, [&](const fs::path& below, const FolderEntries& entries) {
    for (const std::string& name : entries.files) {
      if (!name.ends_with(".parquet")) continue;
      const fs::path relative = (below / name).lexically_relative(folder);
      const std::string split = split_of_shard(relative);
      parts.push_back({below / name, split});
      fs::path config = relative.parent_path();
      if (!split.empty() && config.filename().string().ends_with(split)) config = config.parent_path();
      ++shards_in[config.string()];
    }
  });
  if (shards_in.size() <= 1) return parts;
  std::vector<std::string> folders;
  for (const auto& [name, shards] : shards_in) folders.push_back(name.empty() ? "." : name);
  throw_several_sets(folder, folders);
}

void list_columnar(const Part& part, Task& task) { Reader(part, task).list(); }

}  // namespace vits::data
