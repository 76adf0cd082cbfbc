#include "vits/base/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::base;

// What `work` gives in a process of its own, whose signals are the usual ones.
int exit_code_alone(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_DFL);
    ::_exit(work());
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(OpenClosedStreams, KeepsTheirNumbersFromTheNextFile) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a file";
  for (const int closed : {0, 1, 2, 3}) {  // 3: all of them
    const int code = exit_code_alone([&] {
      for (const int stream : {0, 1, 2})
        if (closed == 3 || closed == stream) ::close(stream);
      open_closed_streams();
      if (::open(path.c_str(), O_WRONLY | O_CREAT, 0600) <= 2) return 1;
      char byte = 'x';
      if ((closed == 0 || closed == 3) && ::read(0, &byte, 1) != 0) return 2;
      for (const int stream : {1, 2})
        if ((closed == 3 || closed == stream) && ::write(stream, &byte, 1) != 1) return 3;
      return 0;
    });
    EXPECT_EQ(code, 0) << closed;
  }
  EXPECT_EQ(fs::file_size(path), 0u);
}

TEST(OpenClosedStreams, LeavesOpenOnesAlone) {
  const int code = exit_code_alone([] {
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    ::dup2(ends[1], 1);
    open_closed_streams();
    char byte = 'x';
    return ::write(1, &byte, 1) == 1 && ::read(ends[0], &byte, 1) == 1 ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
}

TEST(MakeFailedWritesErrors, OfAReaderThatIsGoneAndOfAFileThatIsTooLong) {
  const TemporaryFolder folder;
  const auto write_unread = [] {
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 2;
  };
  const auto write_much = [&] {
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(folder.path() / "long", std::string(5000, 'x'));
    } catch (const vits::Error& error) {
      return std::string(error.what()).find("File too large") == std::string::npos ? 2 : 0;
    }
    return 1;
  };
  const auto survive = [](const std::function<int()>& write) {
    return [&write] {
      make_failed_writes_errors();
      return write();
    };
  };
  EXPECT_EQ(exit_code_alone(survive(write_unread)), 0);
  EXPECT_EQ(exit_code_alone(survive(write_much)), 0);
  EXPECT_TRUE(fs::is_empty(folder.path()));
  EXPECT_EQ(exit_code_alone(write_unread), 128 + SIGPIPE);
  EXPECT_EQ(exit_code_alone(write_much), 128 + SIGXFSZ);
}

}  // namespace
