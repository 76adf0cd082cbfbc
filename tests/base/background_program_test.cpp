#include "vits/base/background_program.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::base;

// Waits until the file holds a whole line: what the program has said so far.
std::string first_line_of(const fs::path& path) {
  for (int look = 0; look < 1000; ++look) {
    const std::string text = fs::exists(path) ? read_file(path) : "";
    if (text.find('\n') != std::string::npos) return text.substr(0, text.find('\n'));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "";
}

TEST(BackgroundProgram, RunsUntilItsInputEndsAndItsWordsAreInTheFile) {
  const TemporaryFolder folder;
  write_file(folder.path() / "log", "of an earlier run");
  BackgroundProgram program({"sh", "-c", "echo ready; cat; echo done >&2; exit 5"}, folder.path() / "log");
  EXPECT_EQ(first_line_of(folder.path() / "log"), "ready");
  EXPECT_FALSE(program.exit_code());
  EXPECT_EQ(program.finish(60), 5);
  EXPECT_EQ(program.exit_code(), 5);
  EXPECT_EQ(read_file(folder.path() / "log"), "ready\ndone\n");
}

TEST(BackgroundProgram, ThatDoesNotEndIsEndedWithAllItHasStarted) {
  const TemporaryFolder folder;
  {
    BackgroundProgram program({"sh", "-c", "sleep 1000 & echo $!; wait"}, folder.path() / "log");
    EXPECT_NE(first_line_of(folder.path() / "log"), "");
    EXPECT_FALSE(program.finish(0.05));
  }
  const auto started = static_cast<pid_t>(std::stol(first_line_of(folder.path() / "log")));
  int state = 0;
  for (int look = 0; look < 1000 && state == 0; ++look) {  // whoever inherits the orphan clears it away in its own time
    const std::string status = fs::exists("/proc/" + std::to_string(started) + "/stat")
                                   ? read_file("/proc/" + std::to_string(started) + "/stat")
                                   : "";
    state = status.empty() || status.find(") Z") != std::string::npos;
    if (state == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(state, 1) << "process " << started << " still runs";
}

TEST(BackgroundProgram, ThatDoesNotExistIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THROW(BackgroundProgram({"/no/such/program"}, folder.path() / "log"), vits::Error);
}

TEST(BackgroundProgram, HearsNoCtrlC) {
  const TemporaryFolder folder;
  BackgroundProgram program({"sh", "-c", "read -r id name state parent group rest </proc/self/stat; echo $group; cat"},
                            folder.path() / "log");
  EXPECT_NE(std::stol(first_line_of(folder.path() / "log")), ::getpgrp());
}

}  // namespace
