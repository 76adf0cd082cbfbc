// A file that programs hold to keep each other out of the same work. The lock belongs to whoever has the file open: it
// ends with the object and with the process, however that ends, and a lock file left behind locks nothing.
#pragma once
#include <filesystem>
#include <functional>

namespace vits::base {

class LockFile {
 public:
  // Waits until nobody else holds the file, which is made if it is missing; a stop signal ends the wait with Stopped.
  // `waiting` is called once when the file is found held; what it throws ends the wait, which is how a caller refuses
  // to wait. A file system without locks locks nothing and says nothing: what the lock guards must be right without it,
  // if slower.
  explicit LockFile(const std::filesystem::path& path, const std::function<void()>& waiting = nullptr);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace vits::base
