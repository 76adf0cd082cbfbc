// What a night was started with goes away, or was never there: its terminal, the reader of what it prints, its standard
// streams.
#include <pty.h>

#include "running.h"
#include "small_night.h"

namespace {

using namespace vits::cli_tests;
using vits::base::read_file;

// The script has `words` as "$@".
std::vector<std::string> in_bash(const std::string& script, const std::vector<std::string>& words) {
  std::vector<std::string> all{"/bin/bash", "-c", script, "bash"};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

// A program on a terminal of its own.
class OnATerminal {
 public:
  explicit OnATerminal(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    process_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (process_ != 0) return;
    ::signal(SIGHUP, SIG_DFL);  // whatever the tests run under
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~OnATerminal() {
    if (process_ > 0) ::kill(process_, SIGKILL);
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
  }
  OnATerminal(const OnATerminal&) = delete;
  OnATerminal& operator=(const OnATerminal&) = delete;

  // Reads what it prints until the words have come; false when it ends before.
  bool wait_until_it_says(const std::string& words) {
    char block[1 << 12];
    while (printed_.find(words) == std::string::npos) {
      const ssize_t count = ::read(terminal_, block, sizeof block);
      if (count <= 0) return false;
      printed_.append(block, static_cast<size_t>(count));
    }
    return true;
  }

  // The window is closed: a hangup from the system, one more from the shell, and who knows what else.
  int exit_code_after_closing() {
    ::close(terminal_);
    for (const int signal : {SIGHUP, SIGTERM, SIGHUP}) {
      ::usleep(20'000);
      ::kill(process_, signal);
    }
    int status = -1;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  const std::string& printed() const { return printed_; }

 private:
  int terminal_ = -1;
  pid_t process_ = -1;
  std::string printed_;
};

TEST(TrainTerminal, AClosedTerminalSavesAndLosesNothing) {
  SmallNight night;
  OnATerminal run(night.words({{"max_steps", "3000"}}));
  ASSERT_TRUE(run.wait_until_it_says("validation at step 4 ")) << run.printed();
  EXPECT_EQ(run.exit_code_after_closing(), 128 + SIGHUP);
  const std::string log = read_file(night.checkpoints() / "train.log");
  for (const char* words : {"stopping by signal 1: saving step ", "go on with: vits-train --resume auto"})
    EXPECT_TRUE(says(log, words)) << log;
  EXPECT_FALSE(is_saving(night.checkpoints()));
  const int64_t step = facts_of(checkpoints_in(night.checkpoints()).back()).at("step");
  EXPECT_TRUE(says(log, "saving step " + std::to_string(step))) << log;

  const Finished rest = night.train({{"resume", "auto"}, {"max_steps", std::to_string(step + 2)}});
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_TRUE(says(rest.error_output, "; " + std::to_string(step) + " are made already")) << rest.error_output;
}

TEST(TrainTerminal, AHangupDoesNotEndWhatWasStartedWithNohup) {
  SmallNight night;
  Running run(in_bash("trap '' HUP; exec \"$@\"", night.words()), night.folder() / "log");
  ASSERT_TRUE(run.wait_until_it_says("[train] Output")) << run.printed();
  run.send(SIGHUP);
  EXPECT_EQ(run.exit_code(), 0) << run.printed();
  EXPECT_TRUE(fs::exists(night.last_voice() / "model.safetensors"));
}

// The run came to its end, and its own log tells all of it.
void expect_whole_run(const SmallNight& night, const Finished& done) {
  EXPECT_EQ(done.exit_code, 0) << done.output << done.error_output;
  const std::string log = read_file(night.checkpoints() / "train.log");
  for (const char* words : {"[train] Output", "validation at step 4", "Last voice"})
    EXPECT_TRUE(says(log, words)) << words << " in " << log;
  EXPECT_TRUE(fs::exists(night.last_voice() / "model.safetensors"));
}

TEST(TrainTerminal, WhenNobodyReadsWhatItPrintsItTrainsOnAndItsLogTellsAll) {
  const SmallNight night;
  const Finished done =
      vits::base::run_program(in_bash("\"$@\" 2>&1 | head -n 1; exit ${PIPESTATUS[0]}", night.words()));
  EXPECT_EQ(lines_in(done.output), 1) << done.output;
  expect_whole_run(night, done);
}

TEST(TrainTerminal, WithItsStandardStreamsClosedItPrintsIntoNoFileOfItsOwn) {
  const SmallNight night;
  expect_whole_run(night, vits::base::run_program(in_bash("exec \"$@\" 0<&- 1>&- 2>&-", night.words())));
  EXPECT_EQ(fs::file_size(night.checkpoints() / ".lock"), 0u);
}

}  // namespace
