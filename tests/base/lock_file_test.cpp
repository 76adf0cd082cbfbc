#include "vits/base/lock_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::base;

struct Held {};
void refuse() { throw Held(); }

TEST(LockFile, KeepsTheSecondOutUntilTheFirstEnds) {
  TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  auto first = std::make_unique<LockFile>(path);
  std::atomic<bool> ended = false;
  std::thread second([&] {
    const LockFile lock(path, [&] {
      ended = true;
      first.reset();
    });
    EXPECT_TRUE(ended);
  });
  second.join();
  EXPECT_TRUE(ended) << "the second did not have to wait";
}

TEST(LockFile, LetsACallerRefuseToWait) {
  TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  {
    const LockFile first(path);
    EXPECT_THROW(LockFile(path, refuse), Held);
  }
  EXPECT_NO_THROW(LockFile(path, refuse)) << "a refusal left the file held";
}

TEST(LockFile, IsFreeAfterItsHolderWasKilled) {
  TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const LockFile lock(path);
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THROW(LockFile(path, refuse), Held);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(LockFile(path, refuse));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(LockFile, NamesTheFileItCannotMake) {
  TemporaryFolder folder;
  const auto path = folder.path() / "none" / "lock";
  try {
    LockFile lock(path);
    ADD_FAILURE() << "a lock in a folder that does not exist";
  } catch (const vits::Error& error) {
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
  }
}

}  // namespace
