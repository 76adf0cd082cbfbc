#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "audio_index.h"
#include "clip_rows.h"
#include "columns.h"
#include "folder_walk.h"
#include "layouts.h"
#include "table_shape.h"
#include "vits/base/error.h"
#include "vits/formats/delimited.h"
#include "vits/formats/text_file.h"

namespace vits::data {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostCandidates = 200;  // more text files than this are texts, not manifests

std::string lower(std::string_view text) {
  std::string small;
  for (const char c : text) small += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return small;
}

// Files with these names say something about a data set and list no recordings.
bool is_about_the_set(const std::string& name) {
  constexpr std::array<std::string_view, 12> kBeginnings{"readme",    "license",  "licence",  "copying",
                                                         "changelog", "citation", "rejected", "prepare",
                                                         "config",    "speaker",  "dataset_", "requirements"};
  const std::string small = lower(name);
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](auto word) { return small.starts_with(word); });
}

bool has_manifest_extension(const std::string& name) {
  const std::string extension = lower(fs::path(name).extension().string());
  for (const char* known : {".csv", ".tsv", ".psv", ".txt", ".lst", ".list", ".jsonl", ".ndjson", ".json"})
    if (extension == known) return true;
  return false;
}

// "train" of ljs_train_filelist.txt; empty when the name says none or several.
std::string split_in(const std::string& file_name) {
  std::string split, word;
  for (const char c : fs::path(file_name).stem().string() + " ") {
    if (c != '_' && c != '-' && c != '.' && c != ' ') {
      word += c;
      continue;
    }
    if (is_usual_split(word)) {
      if (!split.empty()) return "";
      split = split_name(word);
    }
    word.clear();
  }
  return split;
}

// Whether a file whose name says nothing lists recordings that are there, or has a header that says it does.
bool lists_recordings(const fs::path& path, const LayoutOptions& options) {
  if (is_json(path, options.encoding)) return json_lists_recordings(path, options);
  const formats::TextFile file(path, options.encoding);
  formats::DelimitedReader reader(file.text(), formats::guess_dialect(file.text()));
  formats::Record record;
  AudioIndex recordings = AudioIndex::around(path);
  for (int row = 0; row < 20 && reader.next(record); ++row) {
    if (record.fields.size() < 2) return false;
    if (row == 0 && (looks_like_header(record.fields) || names_a_column(options))) return true;
    for (const std::string& field : record.fields)
      if (recordings.find(trimmed(field))) return true;
  }
  return false;
}

std::vector<std::string> candidates_in(const FolderEntries& entries) {
  std::vector<std::string> candidates, sounds;
  for (const std::string& name : entries.files)
    if (has_sound_extension(name)) sounds.push_back(without_sound_extension(name));
  std::sort(sounds.begin(), sounds.end());
  for (const std::string& name : entries.files) {
    const bool is_text_of_one = std::binary_search(sounds.begin(), sounds.end(), fs::path(name).stem().string());
    if (has_manifest_extension(name) && !is_about_the_set(name) && !is_text_of_one) candidates.push_back(name);
  }
  return candidates;
}

// Whether it has the column by which `datasets` tells its own metadata.
bool names_files(const fs::path& metadata, const LayoutOptions& options) {
  if (metadata.extension() == ".jsonl") {
    const formats::TextFile file(metadata, options.encoding);
    return file.text().substr(0, 64 << 10).find("\"file_name\"") != std::string_view::npos;
  }
  const Fields header = first_fields(metadata, options.encoding);
  return std::find(header.begin(), header.end(), "file_name") != header.end();
}

[[noreturn]] void throw_several(const fs::path& folder, const std::vector<std::string>& names) {
  throw Error("{} has several manifests: {}. Give --from one of them instead of the folder.", folder.string(),
              fmt::join(names, ", "));
}

}  // namespace

Parts manifest_parts(const fs::path& folder, const LayoutOptions& options) {
  const std::vector<std::string> candidates = candidates_in(entries_of(folder));
  std::vector<std::string> metadata;
  for (const std::string& name : candidates)
    if (lower(fs::path(name).stem().string()) == "metadata") metadata.push_back(name);
  if (metadata.size() > 1) throw_several(folder, metadata);
  if (metadata.size() == 1) {
    // What `prepare` wrote has its held-out part beside; elsewhere metadata_val.csv repeats lines of metadata.csv.
    if (fs::exists(folder / "prepare.json") && fs::exists(folder / "metadata_val.csv"))
      return {{folder / metadata[0], "train"}, {folder / "metadata_val.csv", "validation"}};
    return {{folder / metadata[0], ""}};
  }

  std::vector<std::string> names;
  if (candidates.size() <= kMostCandidates)
    for (const std::string& name : candidates)
      if (lists_recordings(folder / name, options)) names.push_back(name);
  if (names.size() == 1) return {{folder / names[0], split_in(names[0])}};
  Parts parts;
  std::vector<std::string> splits;
  for (const std::string& name : names) {
    parts.push_back({folder / name, split_in(name)});
    if (std::find(splits.begin(), splits.end(), parts.back().split) != splits.end() || parts.back().split.empty())
      throw_several(folder, names);
    splits.push_back(parts.back().split);
  }
  return parts;
}

Parts audiofolder_parts(const fs::path& folder, const LayoutOptions& options) {
  constexpr int kDeepestMetadata = 3;
  Parts parts;
  walk_folders(folder, kDeepestMetadata, [&](const fs::path& below, const FolderEntries& entries) {
    for (const char* name : {"metadata.csv", "metadata.jsonl"}) {
      if (!std::binary_search(entries.files.begin(), entries.files.end(), name)) continue;
      const fs::path path = below / name;
      if (!names_files(path, options)) continue;
      const fs::path relative = below.lexically_relative(folder);
      const std::string top = relative.begin()->string();
      parts.push_back({path, is_usual_split(top) ? split_name(top) : ""});
      break;
    }
  });
  return parts;
}

}  // namespace vits::data
