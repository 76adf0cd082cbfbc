#include "vits/data/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "audio_index.h"
#include "folder_walk.h"
#include "layouts.h"
#include "vits/base/error.h"
#include "vits/formats/columnar.h"

namespace vits::data {

namespace fs = std::filesystem;

namespace {

using Find = Parts (*)(const fs::path&, const LayoutOptions&);
using List = void (*)(const Part&, Task&);

struct Layout {
  const char* name;
  const char* looked_for;
  Find find;
  List list;
};

void list_manifest(const Part& part, Task& task) {
  if (is_json(part.path, task.options.encoding))
    list_json(part, task);
  else
    list_table(part, TableKind::any, task);
}

void list_ljspeech(const Part& part, Task& task) { list_table(part, TableKind::ljspeech, task); }

void list_commonvoice(const Part& part, Task& task) { list_table(part, TableKind::commonvoice, task); }

void list_audiofolder(const Part& part, Task& task) {
  if (part.path.extension() == ".jsonl")
    list_json(part, task);
  else
    list_table(part, TableKind::audiofolder, task);
}

constexpr int kDeepestSet = 2;          // folders between the one that was given and a data set below it
constexpr size_t kMostSetsNamed = 200;  // all languages of Common Voice

// In the order in which they are tried: what has marks of its own comes before what many have.
constexpr std::array<Layout, 9> kLayouts{{
    {"datasets", "dataset_dict.json or state.json with Arrow files (save_to_disk)", datasets_parts, list_columnar},
    {"parquet", "*.parquet", parquet_parts, list_columnar},
    {"commonvoice", "validated.tsv and clips/", commonvoice_parts, list_commonvoice},
    {"vctk", "txt/SPEAKER/ID.txt and wav48*/SPEAKER/", vctk_parts, list_vctk},
    {"audiofolder", "metadata.csv or metadata.jsonl with file_name", audiofolder_parts, list_audiofolder},
    {"ljspeech", "metadata.csv with id|text lines", manifest_parts, list_ljspeech},
    {"table", "a manifest in CSV, TSV or with bars that lists recordings", manifest_parts, list_manifest},
    {"jsonl", "a manifest in JSON Lines", manifest_parts, list_json},
    {"pairs", "x.wav with x.txt beside it", pairs_parts, list_pairs},
}};

// The ones that "auto" does not try: their files are tables, whose rows tell them apart.
bool is_told_by_rows(const Layout& layout) {
  return layout.name == std::string_view("ljspeech") || layout.name == std::string_view("jsonl");
}

const Layout& layout_named(const std::string& name) {
  return *std::find_if(kLayouts.begin(), kLayouts.end(), [&](const Layout& layout) { return layout.name == name; });
}

// What an archive holds is often one folder that holds everything.
fs::path without_outer_folders(fs::path folder) {
  for (int depth = 0; depth < 3; ++depth) {
    const FolderEntries entries = entries_of(folder);
    if (!entries.files.empty() || entries.folders.size() != 1 || is_usual_split(entries.folders[0])) break;
    folder /= entries.folders[0];
  }
  return folder;
}

std::pair<const Layout*, Parts> layout_in(const fs::path& folder, const LayoutOptions& options) {
  for (const Layout& layout : kLayouts) {
    if (options.layout == "auto" ? is_told_by_rows(layout) : options.layout != layout.name) continue;
    Parts parts = layout.find(folder, options);
    if (!parts.empty()) return {&layout, std::move(parts)};
  }
  return {nullptr, {}};
}

// Data sets in folders below, relative to `top`: `ku` of cv-corpus-17.0/ku/validated.tsv.
void find_sets_below(const fs::path& folder, const fs::path& top, int depth_left, const LayoutOptions& options,
                     std::vector<std::string>& found) {
  for (const std::string& name : entries_of(folder).folders) {
    if (found.size() >= kMostSetsNamed) return;
    bool is_set = false;
    try {
      is_set = layout_in(folder / name, options).first != nullptr;
    } catch (const Error&) {  // it is one whose own defect is to be told to who asks for it
      is_set = true;
    }
    if (is_set)
      found.push_back((folder / name).lexically_relative(top).string());
    else if (depth_left > 0)
      find_sets_below(folder / name, top, depth_left - 1, options, found);
  }
}

[[noreturn]] void throw_unknown(const fs::path& folder, const LayoutOptions& options) {
  const std::string& wanted = options.layout;
  std::vector<std::string> sets;
  find_sets_below(folder, folder, kDeepestSet, options, sets);
  if (sets.size() == 1)
    throw Error("{} holds a data set in the folder {}. Give --from {}.", folder.string(), sets[0],
                (folder / sets[0]).string());
  if (sets.size() > 1) throw_several_sets(folder, sets);
  if (wanted != "auto")
    throw Error("{} is not laid out as {}: there is no {}. Leave --layout out to have the layout recognised.",
                folder.string(), wanted, layout_named(wanted).looked_for);
  int64_t sounds = 0;
  bool empty = true;
  walk_folders(folder, 32, [&](const fs::path&, const FolderEntries& entries) {
    empty &= entries.files.empty();
    sounds += std::count_if(entries.files.begin(), entries.files.end(), has_sound_extension);
  });
  if (empty) throw Error("{} is an empty folder.", folder.string());
  if (sounds > 0)
    throw Error(
        "{} holds {} recordings and no texts: neither a manifest (metadata.csv with recording|text lines, say) nor a "
        "text beside each recording (x.txt for x.wav). Training needs what is said in each.",
        folder.string(), sounds);
  std::string looked_for;
  for (const Layout& layout : kLayouts) looked_for += fmt::format("\n  {:<12} {}", layout.name, layout.looked_for);
  throw Error(
      "{} holds no data set that is known here. Looked for:{}\nSay which it is with --layout, or give --from the "
      "manifest itself.",
      folder.string(), looked_for);
}

std::pair<const Layout*, Parts> recognise_folder(const fs::path& folder, const LayoutOptions& options) {
  auto recognised = layout_in(folder, options);
  if (recognised.first == nullptr) throw_unknown(folder, options);
  return recognised;
}

std::pair<const Layout*, Parts> recognise_file(const fs::path& file, const LayoutOptions& options) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) throw Error("{} is neither a folder nor a file.", file.string());
  if (fs::file_size(file, error) == 0) throw Error("{} is an empty file.", file.string());
  if (has_sound_extension(file.filename().string()))
    throw Error("{} is a recording without a text. Give --from its folder, or a manifest.", file.string());
  for (const char* ending : {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar"})
    if (file.extension() == ending)
      throw Error("{} is an archive. Unpack it and give --from the folder.", file.string());
  for (const char* ending : {".xlsx", ".xls", ".ods", ".numbers"})
    if (file.extension() == ending)
      throw Error("{} is a spreadsheet. Save it as CSV in UTF-8 and give --from that.", file.string());
  std::string name = options.layout;
  if (name == "auto") {
    if (formats::is_columnar(file))
      name = file.extension() == ".arrow" ? "datasets" : "parquet";
    else
      name = is_commonvoice_table(file, options) ? "commonvoice" : "table";
  } else if (name == "pairs" || name == "vctk") {
    throw Error("--layout {} is a folder's; {} is a file.", name, file.string());
  }
  return {&layout_named(name), {{file, ""}}};
}

}  // namespace

void throw_several_sets(const fs::path& folder, const std::vector<std::string>& sets) {
  throw Error("{} holds several data sets in folders of their own: {}. Give --from the folder of one.", folder.string(),
              fmt::join(sets, ", "));
}

Listing list_source(const fs::path& source, const LayoutOptions& options) {
  std::error_code error;
  if (!fs::exists(source, error)) throw Error("{}: there is no such file or folder.", source.string());
  const auto [layout, parts] = fs::is_directory(source, error)
                                   ? recognise_folder(without_outer_folders(source), options)
                                   : recognise_file(source, options);
  Listing listing;
  SplitChoice splits(options.splits);
  Task task{options, splits, listing};
  const bool is_table = layout->name == std::string_view("table");
  if (!is_table) listing.layout = layout->name;
  for (const Part& part : parts)
    if (part.split.empty() || splits.takes(part.split)) layout->list(part, task);
  splits.check(source.string());
  return listing;
}

}  // namespace vits::data
