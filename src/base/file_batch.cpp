#include "vits/base/file_batch.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vits/base/error.h"

namespace vits::base {

namespace fs = std::filesystem;

namespace {

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

bool write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

FileBatch::FileBatch(fs::path unfinished, std::string advice)
    : unfinished_(std::move(unfinished)), advice_(std::move(advice)) {
  std::error_code error;
  fs::remove_all(unfinished_, error);
  fs::create_directories(unfinished_, error);
  if (error) throw Error("cannot make the folder {}: {}. {}", unfinished_.string(), error.message(), advice_);
}

FileBatch::~FileBatch() {
  std::error_code ignored;
  fs::remove_all(unfinished_, ignored);
}

void FileBatch::write(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = unfinished_ / std::to_string(count_++);
  const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.number() < 0 || !write_whole(file.number(), bytes) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int why = errno;
    ::unlink(temporary.c_str());
    throw Error("cannot write {}: {}. {}", path.string(), std::strerror(why), advice_);
  }
}

void FileBatch::flush() {
  // One call for the whole file system: the kernel writes in the order that suits the disk.
  const Descriptor folder(unfinished_, O_RDONLY | O_DIRECTORY);
  if (folder.number() < 0 || ::syncfs(folder.number()) != 0)
    throw Error("cannot flush the files of {}: {}. {}", unfinished_.parent_path().string(), std::strerror(errno),
                advice_);
}

}  // namespace vits::base
