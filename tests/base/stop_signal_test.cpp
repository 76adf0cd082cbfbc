#include "vits/base/stop_signal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <vector>

namespace {

using namespace vits::base;
using testing::ExitedWithCode;

// In a process of its own, whose exit code is what stop_requested() says at the end.
[[noreturn]] void hear(const std::vector<int>& signals, void (*hangups_at_start)(int) = SIG_DFL) {
  ::signal(SIGHUP, hangups_at_start);
  watch_for_stop();
  for (const int number : signals) ::raise(number);
  ::_exit(stop_requested());
}

TEST(StopSignal, IsTheFirstThatAsked) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) EXPECT_EXIT(hear({number}), ExitedWithCode(number), "");
  EXPECT_EXIT(hear({}), ExitedWithCode(0), "");
}

TEST(StopSignal, EndsAtOnceWhenItIsMeantTwice) {
  EXPECT_EXIT(hear({SIGINT, SIGINT}), ExitedWithCode(128 + SIGINT), "");
  EXPECT_EXIT(hear({SIGINT, SIGTERM}), ExitedWithCode(128 + SIGTERM), "");
  EXPECT_EXIT(hear({SIGHUP, SIGTERM, SIGINT}), ExitedWithCode(128 + SIGINT), "");
}

TEST(StopSignal, AHangupMayComeTwiceAndBesideASigterm) {
  EXPECT_EXIT(hear({SIGHUP, SIGHUP, SIGHUP}), ExitedWithCode(SIGHUP), "");
  EXPECT_EXIT(hear({SIGHUP, SIGTERM, SIGHUP}), ExitedWithCode(SIGHUP), "");
  EXPECT_EXIT(hear({SIGTERM, SIGHUP, SIGHUP}), ExitedWithCode(SIGTERM), "");
}

TEST(StopSignal, AHangupThatIsIgnoredAtTheStartStaysIgnored) {
  EXPECT_EXIT(hear({SIGHUP, SIGHUP}, SIG_IGN), ExitedWithCode(0), "");
  EXPECT_EXIT(hear({SIGHUP, SIGTERM}, SIG_IGN), ExitedWithCode(SIGTERM), "");
}

TEST(StopSignal, OthersEndTheProgramAsUsual) { EXPECT_EXIT(hear({SIGQUIT}), testing::KilledBySignal(SIGQUIT), ""); }

}  // namespace
