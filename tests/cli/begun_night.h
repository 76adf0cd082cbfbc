// A night to go on with, for the tests of --resume.
#pragma once
#include "small_night.h"

namespace vits::cli_tests {

// A night that a kill ended between its second epoch and its third; of each test that asks, as it was then.
inline const SmallNight& begun_night() {
  static const SmallNight night;
  static const base::TemporaryFolder saved;
  static const bool made = [] {
    const Finished done = night.train({{"max_steps", "9"}});
    EXPECT_EQ(done.exit_code, 0) << done.error_output;
    fs::remove(night.checkpoints() / "checkpoint_step_9.pt");
    fs::copy(night.checkpoints(), saved.path() / "checkpoints", fs::copy_options::recursive);
    return true;
  }();
  EXPECT_TRUE(made);
  for (const char* end : {"", ".1", ".2"}) fs::remove_all(night.checkpoints().string() + end);
  fs::remove_all(night.last_voice());
  fs::copy(saved.path() / "checkpoints", night.checkpoints(), fs::copy_options::recursive);
  return night;
}

}  // namespace vits::cli_tests
