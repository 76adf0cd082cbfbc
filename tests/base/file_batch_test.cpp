#include "vits/base/file_batch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "vits/base/error.h"
#include "vits/base/file_state.h"
#include "vits/base/files.h"

namespace {

using vits::base::FileBatch;
using vits::base::read_file;
namespace fs = std::filesystem;

TEST(FileBatch, WritesFromSeveralThreadsAndLeavesNothingUnfinished) {
  vits::base::TemporaryFolder folder;
  const fs::path unfinished = folder.path() / "a" / "unfinished";
  fs::create_directories(unfinished);
  vits::base::write_file(unfinished / "7", "left behind by a kill");
  {
    FileBatch batch(unfinished, "Do this.");
    EXPECT_TRUE(fs::is_empty(unfinished));
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) batch.write(folder.path() / std::to_string(i), std::string(1000, 'a' + thread));
      });
    threads.clear();
    batch.flush();
  }
  for (int i = 0; i < 50; ++i) {
    const std::string bytes = read_file(folder.path() / std::to_string(i));
    EXPECT_EQ(bytes, std::string(1000, bytes[0]));
  }
  EXPECT_FALSE(fs::exists(unfinished));
}

TEST(FileBatch, NamesTheFileThatCannotBeWrittenAndWhatToDo) {
  vits::base::TemporaryFolder folder;
  FileBatch batch(folder.path() / "unfinished", "Do this.");
  fs::create_directories(folder.path() / "taken" / "inside");
  try {
    batch.write(folder.path() / "taken", "x");
    FAIL();
  } catch (const vits::Error& error) {
    EXPECT_NE(std::string(error.what()).find("taken"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("Do this."), std::string::npos);
  }
  EXPECT_TRUE(fs::is_empty(folder.path() / "unfinished"));
}

TEST(FileState, ChangesWithTheFile) {
  vits::base::TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  EXPECT_FALSE(vits::base::state_of(file));
  EXPECT_FALSE(vits::base::state_of(folder.path()));
  vits::base::write_file(file, "abc");
  const auto first = vits::base::state_of(file);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->bytes, 3);
  EXPECT_EQ(vits::base::state_of(file), first);
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::nanoseconds(1000));
  EXPECT_NE(vits::base::state_of(file), first);
}

// What rsync -t, cp -p and touch -r do.
TEST(FileState, ChangesThoughSizeAndTimeAreSetBack) {
  vits::base::TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  std::ofstream(file) << "abc";
  const auto time = fs::last_write_time(file);
  const auto first = vits::base::state_of(file);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // a file system's clock may tick at 100 Hz
  std::ofstream(file) << "xyz";
  fs::last_write_time(file, time);
  const auto second = vits::base::state_of(file);
  EXPECT_EQ(second->bytes, first->bytes);
  EXPECT_EQ(second->changed_ns, first->changed_ns);
  EXPECT_NE(second, first);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  fs::permissions(file, fs::perms::owner_read);
  EXPECT_NE(vits::base::state_of(file), second);
}

}  // namespace
