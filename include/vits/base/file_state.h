// How a file looked: one that looks the same is taken for the same, without reading it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace vits::base {

struct FileState {
  int64_t bytes = -1;
  int64_t changed_ns = 0;         // its contents, since 1970; touch -r, cp -p and rsync -t set it as they like
  int64_t status_changed_ns = 0;  // anything about it, its rights too; nobody can set it
  bool operator==(const FileState&) const = default;
};

// Nothing when there is no ordinary file.
std::optional<FileState> state_of(const std::filesystem::path& file);

}  // namespace vits::base
