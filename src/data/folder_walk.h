// All files below a folder, in an order that does not depend on the disk, without what systems leave behind: hidden
// files, macOS's shadows of files, unpacked resource forks. A folder that links lead back to is walked once, a training
// folder that prepare made below it not at all.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace vits::data {

struct FolderEntries {
  std::vector<std::string> files, folders;  // names, sorted
};

FolderEntries entries_of(const std::filesystem::path& folder);

// Calls `visit` for the folder and each folder below it, at most `most_depth` levels down.
void walk_folders(const std::filesystem::path& folder, int most_depth,
                  const std::function<void(const std::filesystem::path& folder, const FolderEntries& entries)>& visit);

}  // namespace vits::data
