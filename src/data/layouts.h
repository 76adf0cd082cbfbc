// What the layouts share, and how list_source() asks each: find() says which files of a folder are its manifests (none:
// it is another layout), list() reads one of them.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "splits.h"
#include "vits/data/layout.h"

namespace vits::data {

struct Part {
  std::filesystem::path path;  // a manifest, a table, or the folder itself
  std::string split;           // "": the data set has none
};
using Parts = std::vector<Part>;

// What a row belongs to: its manifest's split, what a column says, or the folder of a split that its recording is in.
inline std::string split_of_row(const Part& part, const std::string& said, const std::string& recording) {
  if (!part.split.empty()) return part.split;
  return said.empty() ? split_folder_of(recording) : said;
}

struct Task {
  const LayoutOptions& options;
  SplitChoice& splits;
  Listing& listing;
};

[[noreturn]] void throw_several_sets(const std::filesystem::path& folder, const std::vector<std::string>& sets);

// Tables of text: with a header or without, LJSpeech's and Common Voice's among them.
enum class TableKind { any, ljspeech, commonvoice, audiofolder };
void list_table(const Part& part, TableKind kind, Task& task);
bool is_commonvoice_table(const std::filesystem::path& table, const LayoutOptions& options);
std::vector<std::string> first_fields(const std::filesystem::path& table, const std::string& encoding);
Parts commonvoice_parts(const std::filesystem::path& folder, const LayoutOptions& options);

void list_json(const Part& part, Task& task);
bool is_json(const std::filesystem::path& path, const std::string& encoding);  // by content

bool json_lists_recordings(const std::filesystem::path& path, const LayoutOptions& options);  // by its first keys

// A folder's manifests in CSV, TSV, bars or JSON Lines, whatever they are called. Throws Error when it has several and
// nothing says which.
Parts manifest_parts(const std::filesystem::path& folder, const LayoutOptions& options);
Parts audiofolder_parts(const std::filesystem::path& folder, const LayoutOptions& options);

Parts vctk_parts(const std::filesystem::path& folder, const LayoutOptions& options);
void list_vctk(const Part& part, Task& task);

Parts pairs_parts(const std::filesystem::path& folder, const LayoutOptions& options);
void list_pairs(const Part& part, Task& task);

// Arrow and Parquet.
Parts datasets_parts(const std::filesystem::path& folder, const LayoutOptions& options);
Parts parquet_parts(const std::filesystem::path& folder, const LayoutOptions& options);
void list_columnar(const Part& part, Task& task);

}  // namespace vits::data
