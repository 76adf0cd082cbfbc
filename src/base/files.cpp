#include "vits/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "vits/base/error.h"

namespace vits::base {

namespace {

std::string reason() { return std::strerror(errno); }

// Beside its place, so that the rename stays on one disk; with the process number, so that two runs do not meet.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<int> count{0};
  return path.parent_path() / fmt::format(".{}.{}-{}.part", path.filename().string(), ::getpid(), count++);
}

// The file or folder that a name of the above is for; none when it is no such name.
std::optional<std::string_view> target_of(std::string_view name) {
  const auto drop_digits = [&] {
    const size_t before = name.size();
    while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.remove_suffix(1);
    return name.size() < before;
  };
  const auto drop = [&](std::string_view end) {
    if (!name.ends_with(end)) return false;
    name.remove_suffix(end.size());
    return true;
  };
  const bool is_ours =
      drop(".part") && drop_digits() && drop("-") && drop_digits() && drop(".") && name.size() >= 2 && name[0] == '.';
  return is_ours ? std::optional(name.substr(1)) : std::nullopt;
}

// False while another descriptor holds the lock, and where there are no locks.
bool try_lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    if (errno != EINTR) return false;
  return true;
}

struct Temporary {
  fs::path path;
  int descriptor = -1;  // locked; -1 when it cannot be made, for the reason in errno
};

// `make` makes and opens what does not exist yet. A name may be taken by what another process of this number left or,
// on a shared disk, is writing; and remove_unfinished() may look between opening and locking.
template <class Make>
Temporary make_temporary(const fs::path& path, Make make) {
  for (;;) {
    Temporary made{temporary_name(path), -1};
    made.descriptor = make(made.path);
    if (made.descriptor < 0) {
      if (errno == EEXIST) continue;
      return made;
    }
    while (::flock(made.descriptor, LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat state {};
    if (::fstat(made.descriptor, &state) != 0 || state.st_nlink > 0) return made;
    ::close(made.descriptor);
  }
}

int make_file(const fs::path& path) { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }

int make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) != 0) return -1;
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

template <class Wanted>
void remove_unfinished_where(const fs::path& folder, Wanted is_wanted) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const auto target = target_of(name);
    if (!target || !is_wanted(*target)) continue;
    const int descriptor = ::open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) continue;
    std::error_code ignored;
    if (try_lock(descriptor)) fs::remove_all(entry->path(), ignored);
    ::close(descriptor);
  }
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

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  make_parent(path_);
  std::error_code error;
  if (fs::is_directory(path_, error))
    throw Error("cannot write {}: a folder of that name stands there.", path_.string());
  const Temporary made = make_temporary(path_, make_file);
  temporary_ = made.path;
  descriptor_ = made.descriptor;
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
  commit_unflushed();
  flush_folder(path_.parent_path());
}

void AtomicFile::commit_unflushed() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw Error("cannot write {}: {}.", path_.string(), reason());
  ::close(descriptor_);  // not before: remove_unfinished() would take an unlocked file
  descriptor_ = -1;
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
  const Temporary made = make_temporary(path_, make_folder);
  if (made.descriptor < 0) throw Error("cannot write {}: {}.", path_.string(), reason());
  temporary_ = made.path;
  descriptor_ = made.descriptor;
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
  ::close(descriptor_);
}

void AtomicFolder::commit() {
  flush_tree(temporary_);
  std::error_code error;
  fs::path old;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
    old = temporary_;
  } else {
    if (fs::exists(path_)) {  // the file system cannot exchange names: a kill between these two leaves the old folder
      old = path_.parent_path() / (temporary_.filename().string() + ".old");
      fs::rename(path_, old, error);
      if (error) throw Error("cannot replace {}: {}.", path_.string(), error.message());
    }
    fs::rename(temporary_, path_, error);
    if (error) {
      if (!old.empty()) fs::rename(old, path_);
      throw Error("cannot write {}: {}.", path_.string(), error.message());
    }
  }
  temporary_.clear();
  flush_folder(path_.parent_path());
  if (!old.empty()) fs::remove_all(old, error);
}

void remove_unfinished(const fs::path& folder) {
  remove_unfinished_where(folder, [](std::string_view) { return true; });
}

void remove_unfinished_of(const fs::path& path) {
  const fs::path place = path.filename().empty() ? path.parent_path() : path;
  const std::string wanted = place.filename().string();
  remove_unfinished_where(place.has_parent_path() ? place.parent_path() : fs::path("."),
                          [&](std::string_view target) { return target == wanted; });
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
