#include "byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "vits/base/error.h"

namespace vits::audio {

namespace {

namespace fs = std::filesystem;

class FileSource : public ByteSource {
 public:
  explicit FileSource(const fs::path& path) : path_(path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::is_directory(status)) throw Error("{} is a folder, a sound file was expected.", path.string());
    if (fs::exists(status) && !fs::is_regular_file(status))
      throw Error("{} is not a file that can be read twice, such as a pipe or a device.", path.string());
    file_.open(path, std::ios::binary);
    if (!file_) throw Error("cannot read {}: {}.", path.string(), std::strerror(errno));
    size_ = static_cast<int64_t>(fs::file_size(path, error));
    if (error) throw Error("cannot read {}: {}.", path.string(), error.message());
  }
  int64_t size() const override { return size_; }
  size_t read(int64_t at, std::span<char> bytes) override {
    if (at < 0 || at >= size_) return 0;
    if (at != position_) file_.seekg(at);
    file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto count = static_cast<size_t>(std::max<std::streamsize>(0, file_.gcount()));
    if (!file_) file_.clear();
    position_ = count == bytes.size() ? at + static_cast<int64_t>(count) : -1;
    return count;
  }
  fs::path path() const override { return path_; }

 private:
  fs::path path_;
  std::ifstream file_;
  int64_t size_ = 0, position_ = 0;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const char> bytes) : bytes_(bytes) {}
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  size_t read(int64_t at, std::span<char> bytes) override {
    if (at < 0 || at >= size()) return 0;
    const size_t count = std::min(bytes.size(), bytes_.size() - static_cast<size_t>(at));
    std::memcpy(bytes.data(), bytes_.data() + at, count);
    return count;
  }
  fs::path path() const override { return {}; }

 private:
  std::span<const char> bytes_;
};

}  // namespace

std::string ByteSource::read_some(int64_t at, size_t most) {
  std::string bytes(most, '\0');
  bytes.resize(read(at, bytes));
  return bytes;
}

std::unique_ptr<ByteSource> file_source(const fs::path& path) { return std::make_unique<FileSource>(path); }
std::unique_ptr<ByteSource> memory_source(std::span<const char> bytes) { return std::make_unique<MemorySource>(bytes); }

}  // namespace vits::audio
