// Zip files, as far as PyTorch uses them: every record in the directory at the end, bytes stored or deflated.
//
// The reader maps the file and checks each offset before it follows it, so that a damaged or hostile file ends in an
// Error and cannot make us allocate more than it holds. LibTorch's own reader allocates what the file claims.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vits/base/files.h"
#include "vits/base/mapped_file.h"

namespace vits::formats {

struct ZipEntry {
  uint64_t bytes = 0;         // after inflating
  uint64_t stored_bytes = 0;  // in the file
  uint64_t header_offset = 0;
  uint32_t crc32 = 0;
  bool deflated = false;
};

// A record's bytes; `owner` keeps them alive (the mapped file, or the memory that they were inflated into).
struct ZipRecord {
  std::span<const char> bytes;
  std::shared_ptr<const void> owner;
  std::string_view text() const { return {bytes.data(), bytes.size()}; }
};

class ZipReader {
 public:
  // Reads the directory. Throws Error when the file is no zip file, is cut short, or names a record twice.
  explicit ZipReader(const std::filesystem::path& path);

  const std::map<std::string, ZipEntry, std::less<>>& entries() const { return entries_; }
  const std::string& first_name() const { return first_name_; }  // of the directory's first record; "" in an empty file
  bool has(std::string_view name) const { return entries_.contains(name); }

  // Throws Error when there is no such record, its checksum is wrong, or it inflates to more than is sensible: all
  // deflated records together may take 64 MB and four times the file.
  ZipRecord read(std::string_view name) const;

  const std::filesystem::path& path() const { return file_->path(); }
  uint64_t file_bytes() const { return file_->bytes().size(); }

 private:
  std::span<const char> stored(std::string_view name, const ZipEntry& entry) const;

  std::shared_ptr<base::MappedFile> file_;
  std::map<std::string, ZipEntry, std::less<>> entries_;
  std::string first_name_;
  mutable uint64_t inflated_bytes_ = 0;
};

// Writes records one by one, stored, each aligned to 64 bytes so that torch.load(mmap=True) can use them in place.
// Nothing stands at `path` until commit(). A file may be of any size, in zip64 form where it must be; a record of 4 GiB
// or more is refused with an Error: no tensor comes near.
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path);
  void add(const std::string& name, std::string_view bytes);
  void commit();

 private:
  void write(std::string_view bytes);

  base::AtomicFile file_;
  std::string path_, directory_;
  std::set<std::string> names_;
  uint64_t offset_ = 0;
};

}  // namespace vits::formats
