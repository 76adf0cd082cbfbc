// A night that finds out by itself how much fits, as a person sees it.
#include <sstream>

#include "running.h"
#include "small_night.h"

namespace {

using namespace vits::cli_tests;
using vits::base::read_file;
using vits::formats::Json;

// With a cache folder of its own.
Finished train_with_cache(const SmallNight& night, const Options& options) {
  std::vector<std::string> words{"/usr/bin/env", "XDG_CACHE_HOME=" + (night.folder() / "cache").string()};
  for (const std::string& word : night.words(options)) words.push_back(word);
  return vits::base::run_program(words);
}

Json options_of(const SmallNight& night) { return vits::formats::read_json(night.checkpoints() / "options.json"); }

std::vector<Json> steps_of(const SmallNight& night) {
  std::vector<Json> steps;
  std::istringstream lines(read_file(night.checkpoints() / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);)
    if (const Json entry = Json::parse(line); entry.dump().find("memory/level") != std::string::npos)
      steps.push_back(entry);
  return steps;
}

double figure(const Json& step, const std::string& name) { return step.value(name, -1.0); }

TEST(TrainFit, BatchSizeAutoIsTriedOutOnceAndRemembered) {
  const SmallNight night;
  const Options automatic{
      {"batch_size", "auto"}, {"effective_batch_size", "4"}, {"max_steps", "2"}, {"resume", "none"}};
  const Finished first = train_with_cache(night, automatic);
  ASSERT_EQ(first.exit_code, 0) << first.error_output;
  EXPECT_TRUE(says(first.error_output, "batch_size auto: 4 of the longest clips fit at once (tried out"))
      << first.error_output;
  EXPECT_TRUE(says(first.error_output, "4 x 1 make a step")) << first.error_output;
  EXPECT_EQ(options_of(night).at("batch_size"), 4);
  EXPECT_EQ(options_of(night).at("gradient_accumulation_steps"), 1);
  const Json kept = vits::formats::read_json(night.folder() / "cache" / "vits-train" / "batch_sizes.json");
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept.begin()->at("clips"), 4);

  const Finished second = train_with_cache(night, automatic);
  ASSERT_EQ(second.exit_code, 0) << second.error_output;
  EXPECT_TRUE(says(second.error_output, "found out earlier")) << second.error_output;
}

TEST(TrainFit, ARunGoesOnWithTheBatchSizeThatAutoMeantThen) {
  const SmallNight night;
  const Options automatic{{"batch_size", "auto"}, {"effective_batch_size", "4"}, {"max_steps", "40"}};
  std::vector<std::string> words{"/usr/bin/env", "XDG_CACHE_HOME=" + (night.folder() / "cache").string()};
  for (const std::string& word : night.words(automatic)) words.push_back(word);
  Running first(words, night.folder() / "log");
  ASSERT_TRUE(first.wait_until_it_says("Plan ")) << first.printed();
  first.send(SIGTERM);
  EXPECT_EQ(first.exit_code(), 128 + SIGTERM);
  // Another answer by now.
  fs::remove_all(night.folder() / "cache");
  Options on = automatic;
  on["resume"] = "auto";
  on["effective_batch_size"] = "2";
  const Finished refused = train_with_cache(night, on);
  EXPECT_TRUE(says(refused.error_output, "was trained with effective_batch_size 4")) << refused.error_output;
  on["effective_batch_size"] = "4";
  on["max_steps"] = "41";
  const Finished second = train_with_cache(night, on);
  ASSERT_EQ(second.exit_code, 0) << second.error_output;
  EXPECT_EQ(options_of(night).at("batch_size"), 4);
}

TEST(TrainFit, ABatchSizeThatIsNeitherIsRefused) {
  const SmallNight night;
  const Finished done = night.train({{"batch_size", "some"}});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_TRUE(says(done.error_output, "--batch_size is \"some\", but must be auto or a whole number"))
      << done.error_output;
}

TEST(TrainFit, TheMemoryStandsInTheLineAndInTheMetrics) {
  const SmallNight night;
  const Finished done = night.train({{"log_steps", "1"}});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, " GB (low)") || says(done.error_output, " GB (moderate)")
              || says(done.error_output, " GB (high)") || says(done.error_output, " GB (critical)"))
      << done.error_output;
  const auto steps = steps_of(night);
  ASSERT_FALSE(steps.empty());
  EXPECT_GT(figure(steps.back(), "memory/pressure"), 0.0);
  EXPECT_EQ(figure(steps.back(), "memory/out_of_memory"), 0.0);
  EXPECT_EQ(figure(steps.back(), "memory/clips_at_once"), 2.0);
  EXPECT_GE(figure(steps.back(), "memory/watch_share"), 0.0);
}

TEST(TrainFit, WithoutTheManagerTheMemoryIsNotLookedAt) {
  const SmallNight night;
  const Finished done = night.train({{"log_steps", "1"}, {"memory_manager", "false"}});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(steps_of(night).empty());
}

TEST(TrainFit, CheckpointingLearnsTheSame) {
  const SmallNight night;
  const Options few{{"log_steps", "1"}, {"max_steps", "3"}, {"resume", "none"}};
  ASSERT_EQ(night.train(few).exit_code, 0);
  const auto kept = steps_of(night);
  Options again = few;
  again["gradient_checkpointing"] = "true";
  ASSERT_EQ(night.train(again).exit_code, 0);
  const auto twice = steps_of(night);
  ASSERT_EQ(kept.size(), twice.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    const double expected = figure(kept[i], "train/mel");
    EXPECT_NEAR(figure(twice[i], "train/mel"), expected, 1e-3 * expected) << "step " << i + 1;
  }
}

}  // namespace
