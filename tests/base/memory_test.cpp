// What the operating system tells of a machine: memory, a container's limits included, and the driver of a card.
#include <gtest/gtest.h>

#include <vector>

#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/base/resident_peak.h"

namespace vits::base {
namespace {

constexpr uint64_t kGiB = 1ull << 30;

class MemoryTest : public testing::Test {
 protected:
  MemoryTest() {
    write("proc/meminfo",
          "MemTotal:       16777216 kB\nMemFree:  1 kB\nMemAvailable:    8388608 kB\nHugePages_Total: 0\n");
  }
  void write(const std::string& file, const std::string& text) const { write_file(root_.path() / file, text); }
  Memory seen() const { return memory(root_.path()); }

  TemporaryFolder root_;
};

TEST_F(MemoryTest, IsTheMachinesWithoutALimit) {
  EXPECT_EQ(seen().total_bytes, 16 * kGiB);
  EXPECT_EQ(seen().available_bytes, 8 * kGiB);
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "max\n");
  write("sys/fs/cgroup/memory.current", "1000\n");
  EXPECT_EQ(seen().total_bytes, 16 * kGiB);
  EXPECT_GT(memory().available_bytes, 0u);  // of this machine
}

TEST_F(MemoryTest, CountsTheLimitOfEveryGroupAboveAndNotWhatFilesTake) {
  write("proc/self/cgroup", "0::/user/job\n");
  write("sys/fs/cgroup/user/memory.max", "4294967296\n");
  write("sys/fs/cgroup/user/memory.current", "3221225472\n");
  write("sys/fs/cgroup/user/memory.stat", "anon 1\ninactive_file 1073741824\nactive_file 536870912\n");
  write("sys/fs/cgroup/user/job/memory.max", "max\n");
  write("sys/fs/cgroup/user/job/memory.current", "3221225472\n");
  EXPECT_EQ(seen().total_bytes, 4 * kGiB);
  EXPECT_EQ(seen().available_bytes, 5 * kGiB / 2);  // 4 - (3 - 1.5)
}

TEST_F(MemoryTest, ReadsTheFirstVersionOfGroupsWhoseOwnPathIsNotMounted) {
  write("proc/self/cgroup", "5:cpu:/\n4:memory:/docker/0123\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1610612736\n");
  write("sys/fs/cgroup/memory/memory.stat", "cache 5\ntotal_inactive_file 536870912\ntotal_active_file 0\n");
  EXPECT_EQ(seen().total_bytes, 2 * kGiB);
  EXPECT_EQ(seen().available_bytes, kGiB);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");  // its word for none
  EXPECT_EQ(seen().total_bytes, 16 * kGiB);
}

TEST(NvidiaDriver, IsSeenOnLinuxAndUnderWsl) {
  const TemporaryFolder linux_root, wsl_root;
  EXPECT_FALSE(has_nvidia_driver(linux_root.path()));
  write_file(linux_root.path() / "proc/driver/nvidia/version", "NVRM version: 580.65.06\n");
  EXPECT_TRUE(has_nvidia_driver(linux_root.path()));
  write_file(wsl_root.path() / "dev/dxg", "");  // of any maker's card
  EXPECT_FALSE(has_nvidia_driver(wsl_root.path()));
  write_file(wsl_root.path() / "usr/lib/wsl/lib/libcuda.so.1", "");
  EXPECT_TRUE(has_nvidia_driver(wsl_root.path()));
}

TEST(ResidentPeak, IsOfTheStretchSinceTheLastCall) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps what is freed";
#endif
  constexpr size_t kBlock = 200 << 20;
  take_resident_peak_bytes();
  { const std::vector<char> block(kBlock, 1); }
  const uint64_t with_block = take_resident_peak_bytes();
  const uint64_t without = take_resident_peak_bytes();
  EXPECT_GE(with_block, without + kBlock * 9 / 10);
}

}  // namespace
}  // namespace vits::base
