#include "vits/base/user_folders.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace vits::base {
namespace {

class UserFolders : public testing::Test {
 protected:
  UserFolders() {
    ::setenv("HOME", "/home/ann", 1);
    ::setenv("VITS_SCRATCH", "/scratch", 1);
    ::unsetenv("XDG_CACHE_HOME");
  }
  ~UserFolders() override {
    ::setenv("HOME", home_.c_str(), 1);
    ::unsetenv("VITS_SCRATCH");
    caches_.empty() ? ::unsetenv("XDG_CACHE_HOME") : ::setenv("XDG_CACHE_HOME", caches_.c_str(), 1);
  }

 private:
  std::string home_ = environment_variable("HOME"), caches_ = environment_variable("XDG_CACHE_HOME");
};

TEST_F(UserFolders, CachesStandWhereTheEnvironmentSays) {
  EXPECT_EQ(cache_folder(), "/home/ann/.cache");
  ::setenv("XDG_CACHE_HOME", "", 1);
  EXPECT_EQ(cache_folder(), "/home/ann/.cache");
  ::setenv("XDG_CACHE_HOME", "$VITS_SCRATCH/caches", 1);
  EXPECT_EQ(cache_folder(), "/scratch/caches");
}

TEST_F(UserFolders, PathsAreExpandedAsByAShell) {
  EXPECT_EQ(expanded_path("~"), "/home/ann");
  EXPECT_EQ(expanded_path("~/a"), "/home/ann/a");
  EXPECT_EQ(expanded_path("~bob/a"), "~bob/a");
  EXPECT_EQ(expanded_path("${VITS_SCRATCH}x/$HOME"), "/scratchx//home/ann");
  EXPECT_EQ(expanded_path("$VITS_NO_SUCH/${VITS_SCRATCH/$"), "$VITS_NO_SUCH/${VITS_SCRATCH/$");
}

}  // namespace
}  // namespace vits::base
