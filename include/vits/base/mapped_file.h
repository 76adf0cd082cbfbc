// A file's bytes as memory, read-only. Pages come from the disk when they are touched, so a huge file costs nothing.
//
// What no library can prevent: when another program shortens the file meanwhile, or its disk fails, the next touch of a
// page that is gone raises SIGBUS. explain_lost_pages() makes one line of it that names the file.
#pragma once
#include <filesystem>
#include <span>

namespace vits::base {

class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const char> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// Called once by `cli`: SIGBUS in a mapped file prints which file it was and exits with 1; any other ends the program
// as before.
void explain_lost_pages();

}  // namespace vits::base
