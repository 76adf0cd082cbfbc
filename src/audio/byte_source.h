// The bytes of a sound, wherever they are, read at any place.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace vits::audio {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual int64_t size() const = 0;
  // Fewer than asked for at the end, none beyond it.
  virtual size_t read(int64_t at, std::span<char> bytes) = 0;
  virtual std::filesystem::path path() const = 0;  // empty: in memory

  std::string read_some(int64_t at, size_t most);
};

// Throws Error when `path` is no file that can be read.
std::unique_ptr<ByteSource> file_source(const std::filesystem::path& path);
std::unique_ptr<ByteSource> memory_source(std::span<const char> bytes);

}  // namespace vits::audio
