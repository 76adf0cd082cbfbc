#include "vits/base/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "vits/base/error.h"

namespace vits::base {

namespace {

// What is mapped now, kept so that a signal handler may read it: no lock, no memory that another thread could free. A
// mapping that faults cannot end meanwhile, so its own entry is whole. With all entries taken a file goes unnamed.
struct Mapping {
  std::atomic<bool> taken = false;
  std::atomic<uintptr_t> begin = 0, end = 0;  // begin is 0 while the rest is written
  std::array<char, 1024> path{};
};
std::array<Mapping, 256> mappings;

void remember(const char* data, size_t size, const std::string& path) {
  for (Mapping& mapping : mappings) {
    if (mapping.taken.exchange(true)) continue;
    const size_t kept = std::min(path.size(), mapping.path.size() - 1);
    std::memcpy(mapping.path.data(), path.data() + path.size() - kept, kept);  // the end of a path says most
    mapping.path[kept] = '\0';
    mapping.end = reinterpret_cast<uintptr_t>(data) + size;
    mapping.begin = reinterpret_cast<uintptr_t>(data);
    return;
  }
}

void forget(const char* data) {
  for (Mapping& mapping : mappings) {
    if (mapping.begin != reinterpret_cast<uintptr_t>(data)) continue;
    mapping.begin = 0;
    mapping.taken = false;
    return;
  }
}

const char* path_of(uintptr_t address) {
  for (const Mapping& mapping : mappings) {
    const uintptr_t begin = mapping.begin;
    if (begin != 0 && begin <= address && address < mapping.end) return mapping.path.data();
  }
  return nullptr;
}

void print(const char* text) {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) ::_exit(1);
}

void on_bus_error(int number, siginfo_t* info, void*) {
  const bool lost = info->si_code == BUS_ADRERR || info->si_code == BUS_MCEERR_AR;
  const char* path = lost ? path_of(reinterpret_cast<uintptr_t>(info->si_addr)) : nullptr;
  if (!path) {  // not ours: the same access faults again and ends the program
    ::signal(number, SIG_DFL);
    return;
  }
  print("error: ");
  print(path);
  print(" became shorter while it was read, or its disk failed. Start again when nothing else writes to it.\n");
  ::_exit(1);
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error("cannot read {}: {}.", path.string(), std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw Error("cannot read {}: it is not a file.", path.string());
  }
  size_ = static_cast<size_t>(status.st_size);
  if (size_ > 0) {
    void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (memory == MAP_FAILED) {
      const int why = errno;
      ::close(descriptor);
      throw Error("cannot read {}: {}.", path.string(), std::strerror(why));
    }
    data_ = static_cast<const char*>(memory);
    remember(data_, size_, path_.string());
  }
  ::close(descriptor);
}

MappedFile::~MappedFile() {
  if (!data_) return;
  forget(data_);
  ::munmap(const_cast<char*>(data_), size_);
}

void explain_lost_pages() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace vits::base
