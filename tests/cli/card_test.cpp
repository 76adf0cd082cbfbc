// A night on a card, as a person spends it; without one the test is skipped.
#include "vits/model/card.h"
#include "program_run.h"
#include "running.h"
#include "small_night.h"

namespace {

using namespace vits::cli_tests;

TEST(NightCuda, IsTrainedStoppedContinuedAndSpokenWith) {
  if (!vits::model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  const SmallNight night;
  const Options options{{"max_steps", "400"}, {"device", "cuda"}, {"resume", "auto"}, {"sample_steps", "50"}};
  const fs::path log = night.folder() / "log";
  {
    Running run(night.words(options), log);
    ASSERT_TRUE(run.wait_until([&] { return fs::exists(night.checkpoints() / "checkpoint_epoch_2.pt"); }))
        << run.printed();
    run.send(SIGINT);
    EXPECT_EQ(run.exit_code(), 128 + SIGINT) << run.printed();
  }
  Running rest(night.words(options), log);
  ASSERT_EQ(rest.exit_code(), 0) << rest.printed();
  EXPECT_TRUE(says(rest.printed(), "CUDA graphs: on")) << rest.printed();
  EXPECT_EQ(facts_of(checkpoints_in(night.checkpoints()).back()).at("step"), 400);
  for (const char* device : {"cuda", "cpu"}) {
    const auto spoken = run({"synthesize", "--model", night.last_voice().string(), "--text", "one two", "--device",
                             device, "--out", (night.folder() / "speech.wav").string()});
    EXPECT_EQ(spoken.exit_code, 0) << spoken.error_output;
  }
}

TEST(NightCuda, FindsItsBatchSizeKeepsItsDataOnTheCardAndTellsWhereTheTimeGoes) {
  if (!vits::model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  const SmallNight night;
  std::vector<std::string> words{"/usr/bin/env", "XDG_CACHE_HOME=" + (night.folder() / "cache").string()};
  const auto of_run = night.words({{"device", "cuda"},
                                   {"batch_size", "auto"},
                                   {"data_on_gpu", "true"},
                                   {"profile", "true"},
                                   {"gradient_checkpointing", "true"}});
  words.insert(words.end(), of_run.begin(), of_run.end());
  const auto run = vits::base::run_program(words);
  EXPECT_EQ(run.exit_code, 0) << run.error_output;
  EXPECT_TRUE(fs::exists(night.checkpoints() / "profile_trace.json"));
}

}  // namespace
