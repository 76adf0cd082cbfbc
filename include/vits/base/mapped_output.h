// A file that is filled as if it were memory, by many threads and in any order, for what is larger than memory. Like an
// AtomicFile it stands at its place only after commit().
#pragma once
#include <filesystem>
#include <span>
#include <string_view>

#include "vits/base/files.h"

namespace vits::base {

class MappedOutput {
 public:
  // The room on the disk is taken at once: throws Error when there is not enough.
  MappedOutput(const std::filesystem::path& path, size_t bytes);
  ~MappedOutput();
  MappedOutput(const MappedOutput&) = delete;
  MappedOutput& operator=(const MappedOutput&) = delete;

  std::span<char> bytes() const { return {data_, size_}; }

  // Ends bytes() and puts `tail` behind them.
  void commit(std::string_view tail = {});

 private:
  AtomicFile file_;
  int descriptor_ = -1;
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace vits::base
