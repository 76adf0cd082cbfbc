#include "vits/base/mapped_output.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vits/base/error.h"

namespace vits::base {

MappedOutput::MappedOutput(const std::filesystem::path& path, size_t bytes) : file_(path), size_(bytes) {
  const auto fail = [&](int why) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Error("cannot write {}: {}.", path.string(), std::strerror(why));
  };
  descriptor_ = ::open(file_.temporary_path().c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor_ < 0) fail(errno);
  if (size_ == 0) return;
  // Without its blocks the file would end the program with SIGBUS when the disk is full.
  if (const int why = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size_))) fail(why);
  void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED) fail(errno);
  data_ = static_cast<char*>(memory);
}

MappedOutput::~MappedOutput() {
  if (data_) ::munmap(data_, size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedOutput::commit(std::string_view tail) {
  if (data_) ::munmap(data_, size_);
  data_ = nullptr;
  auto at = static_cast<off_t>(size_);
  while (!tail.empty()) {
    const ssize_t written = ::pwrite(descriptor_, tail.data(), tail.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw Error("cannot write {}: {}.", file_.temporary_path().string(), std::strerror(errno));
    at += written;
    tail.remove_prefix(static_cast<size_t>(written));
  }
  file_.commit();
}

}  // namespace vits::base
