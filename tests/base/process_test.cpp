#include "vits/base/process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "vits/base/error.h"
#include "vits/base/machine.h"

namespace {

using namespace vits::base;

TEST(RunProgram, CollectsBothOutputsAndTheExitCode) {
  const auto done = run_program({"sh", "-c", "cat; echo bad >&2; exit 3"}, "hello");
  EXPECT_EQ(done.output, "hello");
  EXPECT_EQ(done.error_output, "bad\n");
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}).exit_code, 128 + 9);
}

TEST(RunProgram, MovesMoreThanAPipeHolds) {
  const std::string megabytes(5'000'000, 'x');
  EXPECT_EQ(run_program({"cat"}, megabytes).output, megabytes);
  EXPECT_EQ(run_program({"true"}, megabytes).exit_code, 0);  // it never reads; we must not hang or die of SIGPIPE
}

TEST(RunProgram, GivesItTheUsualSignalsWhichWeIgnore) {
  const auto before = ::signal(SIGXFSZ, SIG_IGN);
  EXPECT_EQ(run_program({"sh", "-c", "kill -s PIPE $$"}).exit_code, 128 + SIGPIPE);
  EXPECT_EQ(run_program({"sh", "-c", "kill -s XFSZ $$"}).exit_code, 128 + SIGXFSZ);
  ::signal(SIGXFSZ, before);
}

TEST(RunProgram, UsesNoShellAndAddsToTheEnvironment) {
  EXPECT_EQ(run_program({"printf", "%s", "$HOME; `id`"}).output, "$HOME; `id`");
  EXPECT_EQ(run_program({"sh", "-c", "echo $VITS_WORD"}, {}, {{"VITS_WORD", "a b"}}).output, "a b\n");
}

TEST(RunProgram, NamesAProgramThatIsNotThere) {
  EXPECT_THROW(run_program({"no-such-program-here"}), vits::Error);
  EXPECT_TRUE(find_program("no-such-program-here").empty());
  EXPECT_FALSE(find_program("sh").empty());
}

TEST(ProgramOutput, GivesWhatComesWhileTheProgramRuns) {
  ProgramOutput slow({"sh", "-c", "echo first; exec sleep 60"});  // ended with the object
  char bytes[100];
  EXPECT_EQ(std::string(bytes, slow.read(bytes)), "first\n");

  ProgramOutput much({"sh", "-c", "head -c 3000000 /dev/zero; head -c 200000 /dev/zero >&2; echo bad >&2; exit 4"});
  size_t total = 0;
  while (const size_t count = much.read(bytes)) total += count;
  EXPECT_EQ(total, 3'000'000u);
  const auto finished = much.finish();
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_EQ(finished.error_output.size(), 1u << 16);
  EXPECT_THROW(ProgramOutput({"no-such-program-here"}), vits::Error);
}

TEST(Conversation, AnswersLineByLineAndNoticesTheEnd) {
  Conversation cat({"cat"});
  cat.write("one\ntwo\n");
  EXPECT_EQ(cat.read_line(), "one");
  EXPECT_EQ(cat.read_line(), "two");
  EXPECT_THROW(cat.read_line(0.05), vits::Error);
  Conversation brief({"echo", "last"});
  EXPECT_EQ(brief.read_line(), "last");
  EXPECT_THROW(brief.read_line(), vits::Error);
}

TEST(ProcessSeconds, GoOnWithTheClockFromTheProgramsStart) {
  const double before = process_seconds();
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_GT(before, 0.0);
  EXPECT_LT(before, 3600.0);
  EXPECT_NEAR(process_seconds() - before, passed, 0.03);
}

TEST(SleptSeconds, StandStillWhileTheMachineIsAwake) {
  const double before = slept_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_GE(before, 0.0);
  EXPECT_NEAR(slept_seconds(), before, 0.01);
}

}  // namespace
