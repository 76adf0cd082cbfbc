// Files that survive a kill: written under a temporary name beside their place, flushed to the disk, renamed. Whoever
// looks finds the old file or the new one, never half of one.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace vits::base {

namespace fs = std::filesystem;

// Whole file as bytes. Throws Error when it cannot be read or is larger than `limit_bytes`.
std::string read_file(const fs::path& path, uint64_t limit_bytes = 1ull << 30);

// A file being written; nothing stands at `path` until commit(). Without commit() the temporary file is removed. It is
// locked meanwhile, so that remove_unfinished() can tell it from what a killed program left.
class AtomicFile {
 public:
  explicit AtomicFile(fs::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  const fs::path& temporary_path() const { return temporary_; }  // for writers that want a name
  void commit();
  // Without waiting for the disk, which may take long: after a power cut the file can hold anything, and must show by
  // itself whether it is whole.
  void commit_unflushed();

 private:
  fs::path path_, temporary_;
  int descriptor_ = -1;
};

void write_file(const fs::path& path, std::string_view bytes);

// A symbolic link in an existing folder, replacing what stood at `path`. False where links cannot be made.
bool write_link(const fs::path& path, const fs::path& target);

// A folder being filled; commit() renames it to `path`, replacing what stood there. Without commit() it is removed.
// Locked like the file above.
class AtomicFolder {
 public:
  explicit AtomicFolder(fs::path path);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const fs::path& path() const { return temporary_; }  // write here
  void commit();

 private:
  fs::path path_, temporary_;
  int descriptor_ = -1;
};

// Removes from a folder what programs left that were killed while they wrote an AtomicFile or AtomicFolder there. What
// is being written stays, by whichever process; all stays where the file system has no locks.
void remove_unfinished(const fs::path& folder);

// The same for what was to stand at `path` alone, in a folder that may be full of other people's files.
void remove_unfinished_of(const fs::path& path);

// Bytes that a person without special rights may still write to the disk that holds `path` (which need not exist yet).
uint64_t free_bytes(const fs::path& path);

// A new folder under the system's temporary one, removed with all it holds at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace vits::base
