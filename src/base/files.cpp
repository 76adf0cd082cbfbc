#include "vits/base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "vits/base/error.h"

namespace vits::base {

namespace {

std::string reason() { return std::strerror(errno); }

// Beside its place, so that the rename stays on one disk; with the process number, so that two runs do not meet.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<int> count{0};
  return path.parent_path() / fmt::format(".{}.{}-{}.part", path.filename().string(), ::getpid(), count++);
}

void make_parent(const fs::path& path) {
  if (!path.has_parent_path()) return;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error)
    throw Error("cannot make the folder {}: {}. Choose another place or ask for the right to write there.",
                path.parent_path().string(), error.message());
}

// The rename itself must reach the disk too.
void flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

void flush_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) continue;
    ::fsync(descriptor);
    ::close(descriptor);
  }
  flush_folder(folder);
}

}  // namespace

std::string read_file(const fs::path& path, uint64_t limit_bytes) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw Error("{} is a folder, a file was expected.", path.string());
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("cannot read {}: {}.", path.string(), reason());
  const uint64_t size = fs::file_size(path, error);
  if (!error && size > limit_bytes)
    throw Error("{} has {} bytes; more than {} are not read here. Is it the right file?", path.string(), size,
                limit_bytes);
  std::string bytes;
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    bytes.append(block, static_cast<size_t>(file.gcount()));
    if (bytes.size() > limit_bytes) throw Error("{} is larger than {} bytes.", path.string(), limit_bytes);
  }
  if (file.bad()) throw Error("cannot read {}: {}.", path.string(), reason());
  return bytes;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(temporary_name(path_)) {
  make_parent(path_);
  std::error_code error;
  if (fs::is_directory(path_, error))
    throw Error("cannot write {}: a folder of that name stands there.", path_.string());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw Error("cannot write {}: {}.", path_.string(), reason());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* bytes, size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw Error("cannot write {}: {}. What stood there before is untouched.", path_.string(), reason());
    next += written;
    count -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) throw Error("cannot write {}: {}.", path_.string(), reason());
  ::close(descriptor_);
  descriptor_ = -1;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const std::string why = reason();
    ::unlink(temporary_.c_str());
    throw Error("cannot write {}: {}.", path_.string(), why);
  }
  flush_folder(path_.parent_path());
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

bool write_link(const fs::path& path, const fs::path& target) {
  const fs::path beside = temporary_name(path);
  std::error_code error;
  fs::create_symlink(target, beside, error);
  if (error) return false;
  fs::rename(beside, path, error);
  if (!error) return true;
  ::unlink(beside.c_str());
  return false;
}

AtomicFolder::AtomicFolder(fs::path path) : path_(std::move(path)) {
  if (path_.filename().empty()) path_ = path_.parent_path();  // "out/" means "out"
  make_parent(path_);
  temporary_ = temporary_name(path_);
  std::error_code error;
  if (!fs::create_directory(temporary_, error)) throw Error("cannot write {}: {}.", path_.string(), error.message());
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  flush_tree(temporary_);
  std::error_code error;
  fs::path old;
  if (fs::exists(path_)) {
    old = temporary_name(path_);
    fs::rename(path_, old, error);
    if (error) throw Error("cannot replace {}: {}.", path_.string(), error.message());
  }
  fs::rename(temporary_, path_, error);
  if (error) {
    if (!old.empty()) fs::rename(old, path_);
    throw Error("cannot write {}: {}.", path_.string(), error.message());
  }
  temporary_.clear();
  flush_folder(path_.parent_path());
  if (!old.empty()) fs::remove_all(old, error);
}

uint64_t free_bytes(const fs::path& path) {
  fs::path existing = fs::absolute(path);
  while (!fs::exists(existing) && existing.has_parent_path() && existing != existing.parent_path())
    existing = existing.parent_path();
  std::error_code error;
  const auto space = fs::space(existing, error);
  return error ? 0 : space.available;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "vits-train-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw Error("cannot make a temporary folder {}: {}.", pattern, reason());
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace vits::base
