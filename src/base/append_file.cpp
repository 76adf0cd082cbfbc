#include "vits/base/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vits/base/error.h"

namespace vits::base {

AppendFile::AppendFile(std::filesystem::path path, std::string advice)
    : path_(std::move(path)), advice_(std::move(advice)) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail();
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    const int why = errno;
    ::close(descriptor_);
    errno = why;
    fail();
  }
  bytes_ = status.st_size;
}

AppendFile::~AppendFile() { ::close(descriptor_); }

void AppendFile::append(const void* bytes, size_t count) {
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    next += written;
    count -= static_cast<size_t>(written);
    bytes_ += written;
  }
}

void AppendFile::shorten(int64_t bytes) {
  if (bytes >= bytes_) return;
  if (::ftruncate(descriptor_, bytes) != 0) fail();
  bytes_ = bytes;
}

void AppendFile::flush() {
  if (::fsync(descriptor_) != 0) fail();
}

void AppendFile::fail() const { throw Error("cannot write {}: {}. {}", path_.string(), std::strerror(errno), advice_); }

}  // namespace vits::base
