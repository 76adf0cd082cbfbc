// Bytes from any place of a file, as many threads as like at once.
#pragma once
#include <cstdint>
#include <filesystem>

namespace vits::base {

class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  int64_t bytes() const;  // 0 of what is no ordinary file

  // How many there were: fewer than asked for at the end of the file.
  size_t read(int64_t at, void* to, size_t count) const;

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace vits::base
