#include "growing_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "vits/base/files.h"

namespace {

using namespace vits::report;

// The disk is full for every file that is longer, until the end of the scope.
class LongestFile {
 public:
  explicit LongestFile(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~LongestFile() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  LongestFile(const LongestFile&) = delete;
  LongestFile& operator=(const LongestFile&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(GrowingFile, OnAFullDiskHoldsWholeLinesOnlyAndGetsTheOthersLater) {
  const vits::base::TemporaryFolder folder;
  const auto path = folder.path() / "lines";
  GrowingFile file(path);
  std::string all;
  const auto add_line = [&](char letter) {
    const std::string line = std::string(299, letter) + "\n";
    all += line;
    file.add(line);
  };
  {
    const LongestFile full(1000);
    for (char letter = 'a'; letter <= 'j'; ++letter) add_line(letter);
    EXPECT_EQ(vits::base::read_file(path), all.substr(0, 900));
    EXPECT_NE(file.trouble().find("lines"), std::string::npos);
  }
  add_line('k');
  EXPECT_EQ(vits::base::read_file(path), all);
  EXPECT_EQ(file.trouble(), "");
  EXPECT_EQ(file.dropped(), 0);
}

TEST(GrowingFile, KeepsNoMoreThanItsShareOfTheMemoryWaiting) {
  const vits::base::TemporaryFolder folder;
  GrowingFile file(folder.path() / "missing" / "lines");
  for (int i = 0; i < 40; ++i) file.add(std::string(1 << 20, static_cast<char>('0' + i)));
  EXPECT_EQ(file.dropped(), 8);
  std::filesystem::create_directory(folder.path() / "missing");
  file.flush();
  EXPECT_EQ(vits::base::read_file(folder.path() / "missing" / "lines").substr(0, 2), "88");
}

}  // namespace
