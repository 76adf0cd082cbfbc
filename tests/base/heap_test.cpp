#include "vits/base/heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace vits::base {
namespace {

size_t data_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmData:")) return std::stoul(line.substr(7)) * 1024;
  return 0;
}

// Takes and frees 160 MB in pieces, each with a crumb behind it that stays, then asks the system for 200 MB: of 256.
bool finds_room_again() {
  constexpr size_t kMega = 1 << 20;
  rlimit limit{};
  ::getrlimit(RLIMIT_DATA, &limit);
  limit.rlim_cur = data_bytes() + 256 * kMega;
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) return false;
  keep_freed_memory();
  std::vector<void*> pieces, crumbs;
  for (int i = 0; i < 40; ++i) {
    pieces.push_back(std::malloc(4 * kMega));
    crumbs.push_back(std::malloc(1000));
    if (!pieces.back() || !crumbs.back()) return false;
  }
  for (void* piece : pieces) std::free(piece);
  give_back_freed_memory();
  return ::mmap(nullptr, 200 * kMega, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

TEST(Heap, UnderALimitOnAddressesFreedMemoryLeavesRoomForOthers) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer has a heap of its own";
#endif
  EXPECT_EXIT(std::_Exit(finds_room_again() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace vits::base
