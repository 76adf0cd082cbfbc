#include "vits/checkpoint/run_state.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <limits>
#include <random>
#include <thread>

#include "run_files.h"
#include "support/mutator.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/formats/zip.h"

namespace {

namespace fs = std::filesystem;
using namespace vits::checkpoint;
using vits::base::TemporaryFolder;

int entries_of(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(RunState, ReadsBackWhatWasWritten) {
  TemporaryFolder folder;
  const auto path = folder.path() / "checkpoints/checkpoint_epoch_1.pt";
  const RunState state = small_state();
  write_run_state(path, state);
  EXPECT_TRUE(equal(read_run_state(path), state));
  EXPECT_EQ(read_run_facts(path), state.facts);
  EXPECT_EQ(entries_of(path.parent_path()), 1);
}

TEST(RunState, PythonOpensItAndFindsEqualTensorsAndFacts) {
  TemporaryFolder folder;
  write_run_state(folder.path() / "a.pt", small_state());
  EXPECT_EQ(vits::support::run_python("tests/checkpoint/check_run_state.py", {"read", folder.path() / "a.pt"}),
            "equal\n");
}

TEST(RunState, IsReadAfterPythonChangedAndSavedIt) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.pt", changed = folder.path() / "changed.pt";
  RunState state = small_state();
  write_run_state(path, state);
  vits::support::run_python("tests/checkpoint/check_run_state.py", {"rewrite", path, changed});
  state.facts["step"] = 42;
  state.facts.erase("seed");
  state.groups["generator"]["a.bias"] = at::arange(4, at::kFloat);
  EXPECT_TRUE(equal(read_run_state(changed), state));
  EXPECT_EQ(read_run_facts(changed), state.facts);
}

TEST(RunState, AViewIsWrittenWithoutTheRestOfItsBuffer) {
  TemporaryFolder folder;
  const at::Tensor flat = at::zeros({1 << 20});
  RunState state;
  state.groups["generator"] = {{"a", flat.narrow(0, 0, 10)}, {"b", flat.narrow(0, 10, 10)}};
  state.facts = {{"step", 1}};
  write_run_state(folder.path() / "a.pt", state);
  EXPECT_LT(fs::file_size(folder.path() / "a.pt"), 3000u);
}

TEST(RunState, TheSameStateGivesTheSameBytes) {
  TemporaryFolder folder;
  write_run_state(folder.path() / "a.pt", small_state());
  write_run_state(folder.path() / "b.pt", small_state());
  EXPECT_EQ(vits::base::read_file(folder.path() / "a.pt"), vits::base::read_file(folder.path() / "b.pt"));
}

TEST(RunState, ANumberThatIsNotFiniteReadsBackAsNull) {
  TemporaryFolder folder;
  RunState state = state_of(3, std::numeric_limits<double>::infinity());
  write_run_state(folder.path() / "checkpoint_epoch_3.pt", state);
  EXPECT_TRUE(read_run_facts(folder.path() / "checkpoint_epoch_3.pt").at("validation_mel").is_null());
  EXPECT_FALSE(saved_runs(folder.path(), nullptr).at(0).validation);
}

TEST(RunState, RefusesWhatCouldNotBeReadBack) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.pt";
  const auto text_of = [&](auto change) {
    RunState state = small_state();
    change(state);
    return error_text([&] { write_run_state(path, state); });
  };
  EXPECT_NE(text_of([](RunState& state) { state.facts = {1, 2}; }).find("facts are an object"), std::string::npos);
  EXPECT_NE(text_of([](RunState& state) { state.groups["facts"] = {}; }).find("no group"), std::string::npos);
  EXPECT_NE(text_of([](RunState& state) { state.facts["x"] = "\xff"; }).find("UTF-8"), std::string::npos);
  EXPECT_NE(text_of([](RunState& state) { state.groups["ema"]["\xff"] = at::zeros({1}); }).find("UTF-8"),
            std::string::npos);
  EXPECT_NE(text_of([](RunState& state) { state.groups["ema"]["a"] = at::Tensor(); }).find("not defined"),
            std::string::npos);
  EXPECT_EQ(entries_of(folder.path()), 0);
}

TEST(RunState, SaysHowManyBytesItNeedsAndHowManyAreFree) {
  TemporaryFolder folder;
  RunState state = state_of(1, 0.5);
  state.groups["generator"]["huge"] = at::zeros({1}).expand({int64_t{1} << 52});
  const std::string text = error_text([&] { write_run_state(folder.path() / "a.pt", state); });
  EXPECT_NE(text.find("needs 180143985094"), std::string::npos) << text;
  EXPECT_NE(text.find("free. Make room"), std::string::npos) << text;
  EXPECT_EQ(entries_of(folder.path()), 0);
}

// In a process of its own, which gives its exit code or the signal that ended it.
template <class Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(RunState, AWriteThatFailsMidwayLeavesTheOldFileAndNothingElse) {
  TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint_epoch_1.pt";
  write_run_state(path, small_state());
  const RunState next = state_of(9, 0.5);
  write_run_state(folder.path() / "whole.pt", next);
  const rlim_t whole = fs::file_size(folder.path() / "whole.pt");
  fs::remove(folder.path() / "whole.pt");
  for (const rlim_t bytes : {rlim_t{0}, rlim_t{1}, rlim_t{100}, whole / 2, whole - 1}) {
    const int result = in_child([&] {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{bytes, bytes};  // what a full disk does
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const std::string text = error_text([&] { write_run_state(path, next); });
      return text.find("checkpoint_epoch_1.pt: File too large") == std::string::npos ? 1 : 0;
    });
    EXPECT_EQ(result, 0) << bytes;
    EXPECT_TRUE(equal(read_run_state(path), small_state())) << bytes;
    EXPECT_EQ(entries_of(folder.path()), 1) << bytes;
  }
}

TEST(RunState, AKillInTheMiddleOfAWriteLeavesTheOldFileAndTheNextWriteTidiesUp) {
  TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint_epoch_1.pt";
  write_run_state(path, small_state());
  const RunState next = state_of(9, 0.5);
  for (const rlim_t bytes : {1, 1000, 1400}) {
    const int result = in_child([&] {
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);  // SIGXFSZ kills at exactly this byte
      write_run_state(path, next);
      return 0;
    });
    EXPECT_EQ(result, 128 + SIGXFSZ);
    EXPECT_EQ(entries_of(folder.path()), 2) << bytes;
    EXPECT_TRUE(equal(read_run_state(path), small_state())) << bytes;
    if (bytes == 1)
      EXPECT_EQ(saved_runs(folder.path(), nullptr).size(), 1u);
    else
      write_run_state(folder.path() / "checkpoint_epoch_1.pt", small_state());
    EXPECT_EQ(entries_of(folder.path()), 1) << bytes;
  }
}

TEST(RunState, KilledAtAnyMomentTheNewestFileIsWhole) {
  TemporaryFolder folder;
  std::vector<RunState> states;
  for (int64_t step = 0; step < 50; ++step) {
    states.push_back(state_of(step, 0.5));
    states.back().groups["generator"]["more"] = at::full({200'000}, step, at::kFloat);
  }
  write_run_state(folder.path() / "checkpoint_epoch_0.pt", states[0]);
  std::mt19937 random(1);
  int unfinished = 0;
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (const auto& state : states) {
        write_run_state(folder.path() / fmt::format("checkpoint_epoch_{}.pt", state.facts["step"].get<int>()), state);
        remove_old_runs(folder.path(), 2, 0);
      }
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const auto& entry : fs::directory_iterator(folder.path())) unfinished += entry.path().extension() == ".part";

    const auto damaged = [](const fs::path&, const std::string& why) { ADD_FAILURE() << why; };
    const auto newest = newest_whole_run(folder.path(), damaged);
    ASSERT_TRUE(newest);
    const RunState read = read_run_state(*newest);
    EXPECT_TRUE(equal(read, states.at(read.facts["step"].get<size_t>())));
    for (const auto& entry : fs::directory_iterator(folder.path())) EXPECT_EQ(entry.path().extension(), ".pt");
  }
  std::printf("%d of 20 kills came in the middle of a write\n", unfinished);
}

TEST(RunState, DamageGivesTheSameStateOrAnError) {
  TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint_epoch_1.pt";
  const RunState state = small_state();
  write_run_state(path, state);
  const std::string good = vits::base::read_file(path);
  int whole = 0;
  for (int i = 0; i < vits::support::fuzz_count(); ++i) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << vits::support::Mutator(i).damage(good);
    try {
      const RunState read = read_run_state(path);
      ASSERT_TRUE(equal(read, state)) << "mutation " << i;
      EXPECT_EQ(read_run_facts(path), state.facts) << "mutation " << i;
      ++whole;
    } catch (const vits::Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "mutation " << i;
    }
  }
  std::printf("%d of %d mutations change nothing that is read\n", whole, vits::support::fuzz_count());
  EXPECT_LT(whole, vits::support::fuzz_count() / 2);
}

}  // namespace
