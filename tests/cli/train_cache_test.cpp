// What a run says about the clips that it wanted to keep for the next start and could not.
#include "small_night.h"

namespace {

using namespace vits::cli_tests;
using namespace vits::data_tests;

TEST(TrainCache, WhatCannotBeKeptIsSaidOnTheFirstScreen) {
  const SmallNight night;
  write_file(night.training() / ".cache", "a file where the folder should be");
  std::vector<std::string> plan = night.words({{"max_steps", "2"}});
  plan.insert(plan.begin() + 1, "plan");
  const Finished planned = vits::base::run_program(plan), made = night.train({{"max_steps", "2"}});
  for (const std::string& said : {planned.output + planned.error_output, made.output + made.error_output}) {
    EXPECT_TRUE(says(said, "What was decoded is not kept for the next start")) << said;
    EXPECT_TRUE(says(said, (night.training() / ".cache").string())) << said;
  }
  EXPECT_EQ(made.exit_code, 0);
}

TEST(TrainCache, WhatIsGivenUpLaterIsSaidWhileTrainingGoesOn) {
  const SmallNight night;
  Rows rows;
  for (char id = 'a'; id < 'o'; ++id) {
    rows.emplace_back(std::string(1, id), "one two");
    write_wav(night.wav(rows.back().first), tone(14.0, 16000));
  }
  night.set_clips("metadata.csv", rows);  // 6.3 MB, with their mels 8.2 MB; a checkpoint has 6.6 MB
  std::vector<std::string> words{"/bin/bash", "-c", "ulimit -f 7200; exec \"$@\"", "bash"};
  for (const std::string& word : night.words({{"max_steps", "3"}, {"data_cache", "true"}})) words.push_back(word);
  const Finished done = vits::base::run_program(words);
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "What was decoded is not kept for the next start: cannot write "))
      << done.error_output;
  EXPECT_FALSE(fs::exists(night.training() / ".cache" / "clips"));
}

}  // namespace
