// Many small files, each whole or not there, that reach the disk together: flushing each alone would cost more than
// making it. A kill loses no file that write() gave back; a power cut loses none that flush() gave back.
#pragma once
#include <atomic>
#include <filesystem>
#include <string_view>

namespace vits::base {

class FileBatch {
 public:
  // Unfinished files stand in the folder `unfinished`, which is made, emptied first and removed at the end. It must be
  // on the disk of the files. `advice` ends the text of every error.
  FileBatch(std::filesystem::path unfinished, std::string advice);
  ~FileBatch();
  FileBatch(const FileBatch&) = delete;
  FileBatch& operator=(const FileBatch&) = delete;

  // Replaces what stands at `path`. Safe to call from several threads. Both throw Error.
  void write(const std::filesystem::path& path, std::string_view bytes);
  void flush();

 private:
  std::filesystem::path unfinished_;
  std::string advice_;
  std::atomic<int64_t> count_ = 0;
};

}  // namespace vits::base
