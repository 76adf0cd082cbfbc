// What can go wrong with clips, losses and disks: a night trains on without what is broken, or says in one line what it
// needs.
#include "running.h"
#include "small_night.h"
#include "vits/formats/delimited.h"

namespace {

using namespace vits::cli_tests;
using namespace vits::data_tests;
using vits::base::read_file;

// Exit code 1 and one line, which holds these words.
void expect_one_line(const Finished& done, const std::string& words) {
  EXPECT_EQ(done.exit_code, 1) << done.error_output;
  EXPECT_TRUE(says(done.error_output, words)) << done.error_output;
  EXPECT_EQ(lines_in(done.error_output), 1) << done.error_output;
}

std::string skipped_in(const SmallNight& night) { return read_file(night.training() / "skipped.csv"); }

void expect_voice(const fs::path& folder) {
  const auto verified = vits::base::run_program({vits::support::program().string(), "verify", folder.string()});
  EXPECT_EQ(verified.exit_code, 0) << folder << ": " << verified.output << verified.error_output;
}

TEST(TrainTrouble, WithoutAVoiceOrClipsItSaysWhatIsMissing) {
  const SmallNight night;
  expect_one_line(night.train({{"model_name", (night.folder() / "no_voice").string()}}), "no_voice");
  write_file(night.training() / "metadata.csv", "");
  expect_one_line(night.train(), "names no clip");
  fs::remove(night.training() / "metadata.csv");
  expect_one_line(night.train(), "holds no metadata.csv");
  expect_one_line(night.train({{"data_dir", (night.folder() / "nowhere").string()}}), "nowhere");
  EXPECT_FALSE(fs::exists(night.last_voice()));
}

TEST(TrainTrouble, AVoiceThatWouldTakeThePlaceOfTheRunOrItsClipsIsRefusedBeforeAnythingHappens) {
  const SmallNight night;
  const std::string checkpoints = night.checkpoints().string(), folder = night.folder().string();
  fs::create_directory(night.folder() / "there");
  fs::create_directory_symlink("there", night.folder() / "link");
  const auto expect_refused = [&](const Options& options, const std::string& words) {
    const Finished done = night.train(options);
    EXPECT_EQ(done.exit_code, 2) << done.error_output;
    EXPECT_TRUE(says(done.error_output, options.at("output_dir") + " " + words)) << done.error_output;
    EXPECT_EQ(lines_in(done.error_output), 1) << done.error_output;
    EXPECT_FALSE(fs::exists(night.checkpoints()));
    EXPECT_FALSE(fs::exists(night.folder() / "run"));
    EXPECT_TRUE(fs::is_empty(night.folder() / "there"));
  };
  expect_refused({{"output_dir", checkpoints}}, "is --checkpoint_dir " + checkpoints);
  expect_refused({{"output_dir", checkpoints + "/"}}, "is --checkpoint_dir");
  expect_refused({{"output_dir", folder + "/./there/../checkpoints"}}, "is --checkpoint_dir");
  expect_refused({{"output_dir", folder + "/link"}, {"checkpoint_dir", folder + "/there/"}}, "is --checkpoint_dir");
  expect_refused({{"output_dir", folder + "/run"}, {"checkpoint_dir", folder + "/run/checkpoints"}},
                 "holds --checkpoint_dir");
  expect_refused({{"output_dir", folder + "/there"}, {"checkpoint_dir", folder + "/link/checkpoints"}},
                 "holds --checkpoint_dir");
  expect_refused({{"output_dir", checkpoints + "/best_model"}}, "lies in --checkpoint_dir");
  expect_refused({{"output_dir", night.training().string()}}, "is --data_dir");
  expect_refused({{"output_dir", folder}, {"checkpoint_dir", fs::temp_directory_path() / "vits_no_such_run"}},
                 "holds --data_dir");
  const Finished said = night.train({{"output_dir", checkpoints}});
  EXPECT_TRUE(says(said.error_output, "Say for example --output_dir " + night.last_voice().string()));
}

TEST(TrainTrouble, ClipsThatCannotBeLearnedAreSkippedAndListedWithTheirReason) {
  const SmallNight night;
  write_wav(night.wav("a"), tone(0.6, 22050), 22050);
  fs::resize_file(night.wav("b"), 3000);
  write_file(night.wav("c"), "no sound");
  write_wav(night.wav("d"), tone(0.05, 16000));
  night.set_clips("metadata.csv", {{"a", "another rate"},
                                   {"b", "cut short"},
                                   {"c", "no sound"},
                                   {"d", "too short"},
                                   {"e", "日本"},
                                   {"f", std::string(60, 'o')},
                                   {"g", "ten"},
                                   {"h", "red sea"},
                                   {"i", "a hill"}});
  fs::remove(night.wav("i"));
  const Finished done = night.train();
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "2 clips (")) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "7 skipped (skipped.csv)")) << done.error_output;
  const std::string skipped = skipped_in(night);
  for (const char* words : {"22050 Hz", "ends after", "c.wav", "too short", "日 本", "too fast", "i.wav"})
    EXPECT_TRUE(says(skipped, words)) << words << " in " << skipped;
}

TEST(TrainTrouble, SpeakersThatTheVoiceLacksAreSkippedOrAdded) {
  const SmallNight night({"--speakers", "ann", "--speakers", "bea"});
  write_file(night.training() / "metadata.csv", "a|one two|ann\nb|three|bea\nc|four five|ann\nd|six|eve\ne|seven\n");
  write_file(night.training() / "metadata_val.csv", "y|blue|ann\n");
  const Finished done = night.train({{"max_steps", "2"}});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(skipped_in(night), "eve")) << skipped_in(night);
  EXPECT_TRUE(says(done.error_output, "2 skipped")) << done.error_output;
  const Finished grown = night.train({{"max_steps", "2"}, {"speakers", "auto"}});
  EXPECT_EQ(grown.exit_code, 0) << grown.error_output;
  EXPECT_TRUE(says(grown.error_output, "from 2 to 3 speakers")) << grown.error_output;
  expect_voice(night.last_voice());
}

TEST(TrainTrouble, FewClipsAreEnough) {
  const SmallNight night;
  night.set_clips("metadata.csv", {{"a", "one two"}, {"b", "three"}, {"c", "four five"}});
  const Finished less_than_a_batch = night.train({{"batch_size", "16"}, {"max_steps", "3"}});
  EXPECT_EQ(less_than_a_batch.exit_code, 0) << less_than_a_batch.error_output;

  night.set_clips("metadata.csv", {{"a", "one two"}});
  fs::remove(night.training() / "metadata_val.csv");
  // The voice is held for the first epoch, which has no loss of its own.
  const Finished one_alone =
      night.train({{"batch_size", "16"}, {"max_steps", "3"}, {"discriminator_warmup_steps", "1"}});
  EXPECT_EQ(one_alone.exit_code, 0) << one_alone.error_output;
  const auto best = facts_of(checkpoints_in(night.checkpoints()).back()).at("best");
  EXPECT_GT(best.at("step"), 1);
  EXPECT_GT(best.at("value"), 0.5);
  EXPECT_TRUE(says(one_alone.error_output, "training mel loss: best")) << one_alone.error_output;
  expect_voice(night.best_voice());
  expect_voice(night.last_voice());
}

TEST(TrainTrouble, AVoiceThatFallsApartIsTakenBackThreeTimesAndGivenUpWithTheBestOneKept) {
  const SmallNight night;
  // A gradient that is small for once is divided by itself alone, which throws the weights anywhere.
  const Finished done = night.train({{"max_steps", "300"},
                                     {"learning_rate", "1"},
                                     {"beta_1", "0.9"},
                                     {"beta_2", "0"},
                                     {"epsilon", "1e-15"},
                                     {"schedule", "constant"},
                                     {"warmup_steps", "0"},
                                     {"log_steps", "1"}});
  EXPECT_EQ(done.exit_code, 1) << done.error_output;
  for (const char* words : {"In the batches since the last look: ", "(1 of 3 times)", "(2 of 3 times)",
                            "(3 of 3 times)", "error: the training was given up: "})
    EXPECT_TRUE(says(done.error_output, words)) << words << " in " << done.error_output;
  EXPECT_TRUE(says(done.error_output, night.best_voice().string()));
  expect_voice(night.best_voice());
  expect_voice(night.last_voice());
}

// Files larger than `most_kib` are refused by the system, as a full disk refuses all.
std::vector<std::string> with_file_limit(int most_kib, const std::vector<std::string>& words) {
  std::vector<std::string> limited{"/bin/bash", "-c", "ulimit -f " + std::to_string(most_kib) + "; exec \"$@\"",
                                   "bash"};
  limited.insert(limited.end(), words.begin(), words.end());
  return limited;
}

TEST(TrainTrouble, AVoiceThatFallsApartAtOnceIsHeldAgainstTheOneBefore) {
  const SmallNight night;
  // Reported so seldom that only the validations can tell.
  const Finished done =
      night.train({{"max_steps", "60"}, {"learning_rate", "1"}, {"warmup_steps", "0"}, {"log_steps", "1000"}});
  for (const char* words : {"the KL loss is", "taken back to step 0 with the learning rate at 0.5"})
    EXPECT_TRUE(says(done.error_output, words)) << done.error_output;
}

TEST(TrainTrouble, WhenCheckpointsNoLongerFitTrainingGoesOnAndTheOldOnesStay) {
  const SmallNight night;
  ASSERT_EQ(night.train({{"max_steps", "5"}}).exit_code, 0);
  const fs::path first = night.checkpoints() / "checkpoint_epoch_1.pt";
  fs::remove(night.checkpoints() / "checkpoint_step_5.pt");
  const std::string before = read_file(first);

  const Finished full = vits::base::run_program(
      with_file_limit(3000, night.words({{"resume", "auto"}, {"max_steps", "12"}})));  // a voice has 500 KiB
  EXPECT_EQ(full.exit_code, 0) << full.error_output;
  EXPECT_TRUE(says(full.error_output, "checkpoint_epoch_2.pt could not be written")) << full.error_output;
  EXPECT_TRUE(says(full.error_output, "training goes on")) << full.error_output;
  EXPECT_TRUE(before == read_file(first));
  EXPECT_FALSE(is_saving(night.checkpoints()));
  expect_voice(night.last_voice());

  const Finished rest = night.train({{"resume", "auto"}, {"max_steps", "12"}});  // with room again
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_EQ(facts_of(night.checkpoints() / "checkpoint_epoch_3.pt").at("step"), 12);
}

TEST(TrainTrouble, WhenNothingFitsItSaysSoInOneLineAndNothingHalfWrittenStays) {
  const SmallNight night;
  ASSERT_EQ(night.train({{"max_steps", "5"}}).exit_code, 0);
  fs::remove(night.checkpoints() / "checkpoint_step_5.pt");
  fs::remove_all(night.last_voice());
  const Finished full =
      vits::base::run_program(with_file_limit(100, night.words({{"resume", "auto"}, {"max_steps", "8"}})));
  EXPECT_EQ(full.exit_code, 1) << full.error_output;
  EXPECT_TRUE(says(full.error_output, "error: cannot write")) << full.error_output;
  EXPECT_TRUE(says(full.error_output, "--resume auto")) << full.error_output;
  EXPECT_TRUE(says(full.error_output, night.last_voice().string())) << full.error_output;
  EXPECT_FALSE(fs::exists(night.last_voice()));
  EXPECT_FALSE(is_saving(night.checkpoints()));
  EXPECT_TRUE(fs::exists(night.checkpoints() / "checkpoint_epoch_1.pt"));
  EXPECT_EQ(night.train({{"resume", "auto"}, {"max_steps", "8"}}).exit_code, 0);
  expect_voice(night.last_voice());
}

}  // namespace
