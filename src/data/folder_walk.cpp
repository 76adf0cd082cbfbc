#include "folder_walk.h"

#include <algorithm>
#include <set>

namespace vits::data {

namespace fs = std::filesystem;

namespace {

using Visit = std::function<void(const fs::path&, const FolderEntries&)>;

void walk(const fs::path& folder, int depth_left, std::set<fs::path>& walked, const Visit& visit) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error || !walked.insert(real).second) return;
  const FolderEntries entries = entries_of(folder);
  visit(folder, entries);
  if (depth_left == 0) return;
  for (const std::string& name : entries.folders) walk(folder / name, depth_left - 1, walked, visit);
}

}  // namespace

FolderEntries entries_of(const fs::path& folder) {
  FolderEntries entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with('.') || name == "__MACOSX") continue;
    std::error_code gone;
    if (!entry->is_directory(gone))
      entries.files.push_back(std::move(name));
    else if (!fs::exists(entry->path() / ".prepare", gone))  // what prepare made of the recordings around it
      entries.folders.push_back(std::move(name));
  }
  std::sort(entries.files.begin(), entries.files.end());
  std::sort(entries.folders.begin(), entries.folders.end());
  return entries;
}

void walk_folders(const fs::path& folder, int most_depth, const Visit& visit) {
  std::set<fs::path> walked;
  walk(folder, most_depth, walked, visit);
}

}  // namespace vits::data
