// A file that grows over several runs of a program: a download that is continued, a journal of what is done. Its size
// on the disk is the only record of how far it is, so a kill costs what was not yet flushed and nothing else.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace vits::base {

class AppendFile {
 public:
  // Opens or makes the file; its folder must exist. `advice` ends the text of every error: what to do when the disk is
  // full or the file is not ours to write.
  explicit AppendFile(std::filesystem::path path,
                      std::string advice = "What was written stays there; free the disk and run the same again.");
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  int64_t bytes() const { return bytes_; }

  // Each throws Error. After a failed append() the file may end with a part of what was to be written; bytes() counts
  // it.
  void append(const void* bytes, size_t count);
  void append(std::string_view text) { append(text.data(), text.size()); }
  void shorten(int64_t bytes);  // drops what stands behind the first `bytes`
  void flush();                 // returns when everything is on the disk: a power cut then loses nothing

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::string advice_;
  int descriptor_ = -1;
  int64_t bytes_ = 0;
};

}  // namespace vits::base
