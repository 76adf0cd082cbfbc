#include "vits/base/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::base {

namespace {

constexpr auto kPause = std::chrono::milliseconds(20);

// False while another holds it.
bool try_to_hold(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return errno != EWOULDBLOCK && errno != EACCES;
  }
  return true;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& path, const std::function<void()>& waiting) {
  // Group-writable, so that people who share a folder can wait for each other.
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0664);
  if (descriptor_ < 0)
    throw Error("cannot open the lock {}: {}. Ask for the right to write there, or name another folder.", path.string(),
                std::strerror(errno));
  try {
    bool told = false;
    while (!try_to_hold(descriptor_)) {
      if (!told && waiting) waiting();
      told = true;
      throw_if_stopped();
      std::this_thread::sleep_for(kPause);
    }
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

LockFile::~LockFile() { ::close(descriptor_); }

}  // namespace vits::base
