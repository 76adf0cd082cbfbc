#include "vits/base/append_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::base;

TEST(AppendFile, GoesOnWhereTheLastRunEnded) {
  TemporaryFolder folder;
  const auto path = folder.path() / "journal";
  for (const char* line : {"one\n", "two\n", "three\n"}) {
    AppendFile file(path);
    EXPECT_EQ(file.bytes(), static_cast<int64_t>(fs::file_size(path)));
    file.append(line);
    file.flush();
  }
  EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
}

TEST(AppendFile, DropsAnUnfinishedEnd) {
  TemporaryFolder folder;
  const auto path = folder.path() / "journal";
  write_file(path, "one\ntw");
  AppendFile file(path);
  file.shorten(4);
  EXPECT_EQ(file.bytes(), 4);
  file.shorten(100);  // there is nothing behind 100 bytes
  file.append("two\n");
  EXPECT_EQ(file.bytes(), 8);
  EXPECT_EQ(read_file(path), "one\ntwo\n");
  file.shorten(0);
  EXPECT_EQ(read_file(path), "");
}

TEST(AppendFile, SaysWhichFileAndWhatToDoWhenTheDiskIsFull) {
  TemporaryFolder folder;
  const auto path = folder.path() / "journal";
  const pid_t child = ::fork();
  if (child == 0) {  // in a process of its own: a file may have 1000 bytes, and then no more
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    AppendFile file(path, "Empty the bin.");
    try {
      file.append(std::string(5000, 'x'));
    } catch (const vits::Error& error) {
      const std::string text = error.what();
      const bool told = text.find(path.string()) != std::string::npos && text.ends_with(" Empty the bin.");
      ::_exit(told && file.bytes() == 1000 ? 0 : 2);
    }
    ::_exit(1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(fs::file_size(path), 1000u);
}

TEST(AppendFile, CannotStandInAFolderThatIsNotThere) {
  TemporaryFolder folder;
  EXPECT_THROW(AppendFile(folder.path() / "none" / "journal"), vits::Error);
  EXPECT_THROW(AppendFile(folder.path()), vits::Error);
}

}  // namespace
