// A night that goes on differently: from an earlier checkpoint, from another folder, without its voice, with other
// clips or options.
#include "begun_night.h"

namespace {

using namespace vits::cli_tests;
using vits::base::read_file;
using vits::base::run_program;
using vits::data_tests::write_file;
using vits::formats::Json;
using vits::formats::read_json;

std::vector<Json> metrics(const fs::path& folder) {
  std::vector<Json> rows;
  std::istringstream lines(read_file(folder / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

std::vector<std::string> resumed(const SmallNight& night, const std::vector<std::string>& words = {}) {
  std::vector<std::string> all{vits::support::program().string(), "--resume", "auto", "--checkpoint_dir",
                               night.checkpoints().string()};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::vector<std::string> entries_of(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(TrainResumeOtherwise, FromAnEarlierCheckpointMovesAsideWhatCameAfterIt) {
  const SmallNight night;
  ASSERT_EQ(night.train({{"max_steps", "12"}, {"learning_rate", "0.001"}}).exit_code, 0);
  const fs::path aside = night.checkpoints().string() + ".1";
  // A copy that is kept is no part of the run, were it its newest.
  fs::copy_file(night.checkpoints() / "checkpoint_epoch_3.pt", night.checkpoints() / "checkpoint_epoch_3_kept.pt");
  const Options branch{{"resume", (night.checkpoints() / "checkpoint_epoch_1.pt").string()},
                       {"keep_last", "1"},
                       {"keep_best", "0"},
                       {"max_steps", "8"}};
  const Finished done = night.train(branch);
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "what came after that checkpoint in ")) << done.error_output;
  EXPECT_TRUE(fs::exists(night.checkpoints() / "checkpoint_epoch_2.pt"));
  EXPECT_TRUE(fs::exists(night.checkpoints() / "checkpoint_epoch_3_kept.pt"));
  for (const char* name : {"checkpoint_epoch_2.pt", "checkpoint_epoch_3.pt", "best_model", "metrics.jsonl"})
    EXPECT_TRUE(fs::exists(aside / name)) << name;
  EXPECT_EQ(facts_of(aside / "checkpoint_epoch_3.pt").at("step"), 12);
  EXPECT_EQ(metrics(aside).back().at("step"), 12);
  EXPECT_EQ(metrics(night.checkpoints()).back().at("step"), 8);
  EXPECT_EQ(run_program({vits::support::program().string(), "verify", night.best_voice().string()}).exit_code, 0);
  const Finished again = run_program(resumed(night));
  EXPECT_TRUE(says(again.error_output, "is finished")) << again.error_output;
}

TEST(TrainResumeOtherwise, OnlyWhatARunLeftIsMovedAsideAndOnlyWhenAnotherCanBegin) {
  const SmallNight& night = begun_night();
  write_file(night.checkpoints() / "thesis.tex", "mine");
  const auto before = entries_of(night.checkpoints());
  for (const Options& broken : {Options{{"model_name", "nowhere"}}, Options{{"data_dir", "nowhere"}}}) {
    Options options = broken;
    options["resume"] = "none";
    EXPECT_NE(night.train(options).exit_code, 0);
    EXPECT_EQ(entries_of(night.checkpoints()), before);
    EXPECT_FALSE(fs::exists(night.checkpoints().string() + ".1"));
  }
  const Finished anew = night.train({{"resume", "none"}, {"checkpoint_dir", night.checkpoints().string() + "/"}});
  EXPECT_EQ(anew.exit_code, 0) << anew.error_output;
  EXPECT_TRUE(fs::exists(night.checkpoints().string() + ".1/checkpoint_epoch_2.pt"));
  EXPECT_EQ(read_file(night.checkpoints() / "thesis.tex"), "mine");
}

TEST(TrainResumeOtherwise, ANewRunMayBeginFromTheVoiceThatItMovesAside) {
  for (const char* voice : {"best_model", "checkpoint_epoch_2.pt"}) {
    const SmallNight& night = begun_night();
    const Finished next = night.train({{"model_name", (night.checkpoints() / voice).string()}, {"resume", "none"}});
    EXPECT_EQ(next.exit_code, 0) << next.error_output;
    EXPECT_TRUE(fs::exists(fs::path(night.checkpoints().string() + ".1") / voice));
  }
}

TEST(TrainResumeOtherwise, OfALinkedFolderTheLinkStays) {
  const SmallNight night;
  const fs::path real = night.folder() / "disk/runs";
  fs::create_directories(real);
  fs::create_directory_symlink(real, night.checkpoints());
  ASSERT_EQ(night.train().exit_code, 0);
  const Finished again = night.train();
  EXPECT_EQ(again.exit_code, 0) << again.error_output;
  EXPECT_TRUE(fs::exists(real.string() + ".1/checkpoint_step_6.pt"));
  EXPECT_TRUE(fs::is_symlink(night.checkpoints()));
}

TEST(TrainResumeOtherwise, NeedsNeitherTheVoiceItBeganWithNorItsWorkingFolder) {
  const SmallNight night;
  const auto in_folder = [&](const fs::path& folder, const std::string& words) {
    return run_program(
        {"sh", "-c", "cd '" + folder.string() + "' && exec '" + vits::support::program().string() + "' " + words});
  };
  const std::string usual =
      "--model_name voice --data_dir training --batch_size 2 --gradient_accumulation_steps 1 --sample_steps 0 "
      "--validate_every 1 --threads 1 --seed 1 --max_steps 9 ";
  ASSERT_EQ(in_folder(night.folder(), usual + "--checkpoint_dir alone --output_dir voice_alone").exit_code, 0);
  ASSERT_EQ(in_folder(night.folder(), usual + "--checkpoint_dir ./runs/one --output_dir final_model").exit_code, 0);
  const fs::path runs = night.folder() / "runs/one";
  fs::remove(runs / "checkpoint_step_9.pt");
  fs::remove_all(night.last_voice());
  fs::rename(night.voice(), night.folder() / "elsewhere");

  // Another project has folders of the same names.
  const fs::path other = night.folder() / "other";
  fs::create_directories(other);
  fs::copy(night.training(), other / "training", fs::copy_options::recursive);
  const Finished rest = in_folder(other, "--resume auto --checkpoint_dir ../runs/one");
  EXPECT_FALSE(fs::exists(other / "final_model"));
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_EQ(differences(night.folder() / "alone/checkpoint_step_9.pt", runs / "checkpoint_step_9.pt"),
            (std::vector<std::string>{}));
  EXPECT_EQ(read_file(night.folder() / "voice_alone/model.safetensors"),
            read_file(night.last_voice() / "model.safetensors"));
}

TEST(TrainResumeOtherwise, KeepsTheSpeakersAndSymbolsItHadWhateverTheClipsSayNow) {
  const SmallNight night;
  Rows rows;
  for (const auto& [id, text] : kRows) rows.emplace_back(id, text + (id < "e" ? " \u00e9|ann" : "|bob"));
  night.set_clips("metadata.csv", rows);
  night.set_clips("metadata_val.csv", {{"y", "blue|ann"}, {"z", "green|bob"}});
  const Options options{{"speakers", "auto"}, {"add_symbols", "auto"}, {"max_steps", "9"}};
  ASSERT_EQ(night.train(options).exit_code, 0);
  fs::remove(night.checkpoints() / "checkpoint_step_9.pt");
  const Json speakers = read_json(night.last_voice() / "speakers.json"),
             vocab = read_json(night.last_voice() / "vocab.json");

  for (auto& [id, text] : rows)
    if (id == "a") text = "one two \u00f6|zoe";
  night.set_clips("metadata.csv", rows);
  const Finished rest = run_program(resumed(night));
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_EQ(read_json(night.last_voice() / "speakers.json"), speakers);
  EXPECT_EQ(read_json(night.last_voice() / "vocab.json"), vocab);
  EXPECT_TRUE(says(read_file(night.training() / "skipped.csv"), "zoe"));
}

TEST(TrainResumeOtherwise, OtherHeldOutClipsBeginTheSearchForTheBestVoiceAnew) {
  const SmallNight& night = begun_night();
  night.set_clips("metadata_val.csv", {{"w", "white"}, {"x", "black"}});
  const Finished rest = night.train({{"resume", "auto"}, {"max_steps", "9"}});
  night.set_clips("metadata_val.csv", kHeldOut);
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_TRUE(says(rest.error_output, "other held-out clips are heard than before")) << rest.error_output;
  EXPECT_FALSE(says(rest.error_output, "% lower than the start")) << rest.error_output;
  EXPECT_GE(facts_of(night.checkpoints() / "checkpoint_step_9.pt").at("best").at("step"), 8);

  const Finished fewer = begun_night().train({{"resume", "auto"}, {"max_steps", "9"}, {"validation_clips", "1"}});
  EXPECT_EQ(fewer.exit_code, 0) << fewer.error_output;
  EXPECT_TRUE(says(fewer.error_output, "other held-out clips are heard than before")) << fewer.error_output;
}

TEST(TrainResumeOtherwise, WithoutItsBestVoiceItBeginsWithTheOneItHas) {
  const SmallNight& night = begun_night();
  fs::remove_all(night.best_voice());
  const Finished rest = run_program(resumed(night));
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_TRUE(says(rest.error_output, "the voice of now is the best one to begin with")) << rest.error_output;
  EXPECT_EQ(run_program({vits::support::program().string(), "verify", night.best_voice().string()}).exit_code, 0);
}

TEST(TrainResumeOtherwise, ARunWithoutACheckpointBeginsAgainWithItsOptions) {
  const SmallNight& night = begun_night();
  for (const fs::path& checkpoint : checkpoints_in(night.checkpoints())) fs::remove(checkpoint);
  const Finished anew = run_program(resumed(night));
  EXPECT_EQ(anew.exit_code, 0) << anew.error_output;
  EXPECT_TRUE(says(anew.error_output, "holds no checkpoint to go on from: the run begins at step 0"))
      << anew.error_output;
  EXPECT_EQ(facts_of(night.checkpoints() / "checkpoint_step_9.pt").at("step"), 9);
}

TEST(TrainResumeOtherwise, WhereAllIsDamagedNothingBeginsUnasked) {
  const SmallNight& night = begun_night();
  for (const fs::path& checkpoint : checkpoints_in(night.checkpoints())) write_file(checkpoint, "damaged");
  const auto before = entries_of(night.checkpoints());
  const Finished refused = night.train({{"resume", "auto"}});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.error_output, "holds no whole checkpoint")) << refused.error_output;
  EXPECT_EQ(entries_of(night.checkpoints()), before);
}

TEST(TrainResumeOtherwise, StepsThatAreAddedToAFinishedRunTeach) {
  const SmallNight night;
  ASSERT_EQ(night.train({{"max_steps", "4"}, {"log_steps", "1"}}).exit_code, 0);
  const Options more{
      {"resume", (night.checkpoints() / "checkpoint_epoch_1.pt").string()}, {"max_steps", "8"}, {"log_steps", "1"}};
  const Finished done = night.train(more);
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "a new one lies over the 4 steps that are added")) << done.error_output;
  double rate = 0;
  for (const Json& row : metrics(night.checkpoints()))
    if (row.at("step") == 6 && row.contains("learning_rate")) rate = row.at("learning_rate");
  EXPECT_GT(rate, 1e-6);
}

TEST(TrainResumeOtherwise, WhatIsGivenAnewHolds) {
  const SmallNight& night = begun_night();
  const Finished rest =
      run_program(resumed(night, {"--epochs", "4", "--log_steps", "1", "--weight_mel", "45", "--validate_every", "2"}));
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  const auto rows = metrics(night.checkpoints());
  EXPECT_EQ(rows.back().at("step"), 16);
  for (int64_t step = 9; step <= 16; ++step) {
    int64_t training = 0, validations = 0;
    for (const Json& row : rows) {
      if (row.at("step") != step) continue;
      training += row.contains("train/mel");
      validations += row.contains("validation/mel");
    }
    EXPECT_EQ(training, 1) << step;
    EXPECT_EQ(validations, step == 16) << step;
  }
  std::map<int64_t, int64_t> epochs;
  for (const Json& row : rows)
    EXPECT_EQ(epochs.emplace(row.at("step"), row.at("epoch")).first->second, row.at("epoch"));
  const Json options = read_json(night.checkpoints() / "options.json");
  EXPECT_EQ(options.at("weight_mel"), 45.0);
  EXPECT_EQ(options.at("max_steps"), 0);

  const Finished other = run_program(resumed(begun_night(), {"--recipe", "vits"}));
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_TRUE(says(other.error_output, "was trained with batch_size 2, this run says 64")) << other.error_output;
}

TEST(TrainResumeOtherwise, APlanSaysHowFarTheRunIsAndWhenItEnds) {
  const SmallNight& night = begun_night();
  const auto before = entries_of(night.checkpoints());
  const Finished plan = run_program({vits::support::program().string(), "plan", "--resume", "auto", "--checkpoint_dir",
                                     night.checkpoints().string()});
  EXPECT_EQ(plan.exit_code, 0) << plan.error_output;
  for (const char* words : {"9 steps of 2 clips", "; 8 are made already", "ready ", " clips a second"})
    EXPECT_TRUE(says(plan.output, words)) << plan.output;
  EXPECT_EQ(entries_of(night.checkpoints()), before);
}

TEST(TrainResumeOtherwise, OneOptionSaysHowLongARunIs) {
  const SmallNight night;
  const Finished both = night.train({{"epochs", "2"}, {"target_hours", "1"}});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_TRUE(says(both.error_output, "--max_steps and --epochs both say how long the run is")) << both.error_output;
  write_file(night.folder() / "two.json", R"({"epochs": 3, "deadline": "99:99"})");
  const Finished config =
      run_program({vits::support::program().string(), "plan", "--config", night.folder() / "two.json"});
  EXPECT_EQ(config.exit_code, 2);
  EXPECT_TRUE(says(config.error_output, "--epochs and --deadline both say")) << config.error_output;
  const Finished empty = run_program({vits::support::program().string(), "plan", "--config", ""});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_TRUE(says(empty.error_output, "--config is empty")) << empty.error_output;
}

TEST(TrainResumeOtherwise, AFolderIsNoCheckpoint) {
  const SmallNight& night = begun_night();
  const Finished refused = night.train({{"resume", night.checkpoints().string()}});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.error_output, "is a folder. Name a checkpoint in it")) << refused.error_output;
}

}  // namespace
