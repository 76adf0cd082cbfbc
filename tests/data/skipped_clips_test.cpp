// The list of skipped clips where it cannot be written.
#include "skipped_clips.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <thread>

#include "recordings.h"

namespace vits::data_tests {
namespace {

// Remounts the folder for the calling thread alone. False without the right to mount.
bool becomes_read_only(const fs::path& folder) {
  const char* path = folder.c_str();
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
         && ::mount(path, path, nullptr, MS_BIND, nullptr) == 0
         && ::mount(nullptr, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

TEST(SkippedClips, AReadOnlyFolderWithoutAListIsRightWhereNothingIsSkipped) {
  const base::TemporaryFolder folder;
  bool is_read_only = false;
  std::string said;
  std::thread([&] {
    is_read_only = becomes_read_only(folder.path());
    if (!is_read_only) return;
    try {
      data::write_skipped_list(folder.path(), {});
    } catch (const std::exception& error) {
      said = error.what();
    }
  }).join();
  if (!is_read_only) GTEST_SKIP() << "needs the right to mount";
  EXPECT_EQ(said, "");
}

TEST(SkippedClips, AListThatCannotBeRemovedIsNamed) {
  const base::TemporaryFolder folder;
  write_file(folder.path() / "skipped.csv" / "inside", "x");
  const std::string said = error_of([&] { data::write_skipped_list(folder.path(), {}); });
  EXPECT_TRUE(said.starts_with("cannot remove " + (folder.path() / "skipped.csv").string())) << said;
}

}  // namespace
}  // namespace vits::data_tests
