// A file that a run adds to for many hours, and that may not cost it anything: nothing here throws or waits for the
// disk (what was added survives the program's end, though not a power cut). What could not be written, because the disk
// is full, is kept in memory and tried again each time; a part of what one add() gave never stays in the file.
#pragma once
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "vits/base/append_file.h"

namespace vits::report {

class GrowingFile {
 public:
  explicit GrowingFile(std::filesystem::path path);

  void add(std::string bytes);
  void flush();  // tries again, where there is something to try

  // Why the newest try failed; empty when all is written.
  std::string trouble() const;
  // Of those given, how many had to be dropped because too much was waiting: the oldest.
  int64_t dropped() const;

 private:
  void write_waiting();

  std::filesystem::path path_;
  std::unique_ptr<base::AppendFile> file_;
  std::deque<std::string> waiting_;
  size_t waiting_bytes_ = 0;
  int64_t dropped_ = 0;
  std::string trouble_;
  mutable std::mutex mutex_;
};

}  // namespace vits::report
