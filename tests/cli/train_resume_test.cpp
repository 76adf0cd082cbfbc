// A night that is interrupted: by a kill, by Ctrl-C, by a person who starts a second run or asks for something else.
#include <random>

#include "begun_night.h"
#include "running.h"

namespace {

using namespace vits::cli_tests;
using vits::base::read_file;
using vits::data_tests::write_file;
using vits::formats::Json;

// Kills a run again and again: at moments drawn between its start and some epochs later, every third time while a
// checkpoint is half written. A run that comes to its end is held against the one left alone, and another begins.
void compare_killed_with_left_alone(int kills, const Options& options, unsigned seed) {
  SmallNight night;
  const fs::path alone = night.folder() / "alone", killed = night.folder() / "killed";
  Options of_alone = options, of_killed = options;
  of_killed["resume"] = "auto";
  of_alone.insert({{"checkpoint_dir", alone.string()}, {"output_dir", (night.folder() / "voice_alone").string()}});
  of_killed.insert({{"checkpoint_dir", killed.string()}, {"output_dir", (night.folder() / "voice_killed").string()}});

  const auto begin = std::chrono::steady_clock::now();
  Running whole(night.words(of_alone), night.folder() / "alone.log");
  ASSERT_TRUE(whole.wait_until([&] { return fs::exists(alone / "checkpoint_epoch_1.pt"); })) << whole.printed();
  const double to_first_save = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  ASSERT_EQ(whole.exit_code(), 0) << whole.printed();
  const fs::path last = checkpoints_in(alone).back();
  const std::string weights = read_file(night.folder() / "voice_alone/model.safetensors");

  std::mt19937 random(seed);
  const fs::path log = night.folder() / "killed.log";
  int done = 0, while_saving = 0, rounds = 0;
  for (bool finished = false; done < kills || !finished;) {
    Running run(night.words(of_killed), log);
    if (done < kills) {
      const double seconds = std::uniform_real_distribution<double>(0.1, 2.5)(random) * to_first_save;
      const bool in_a_save = done % 3 == 2;
      run.wait_until([&] { return in_a_save && is_saving(killed); }, in_a_save ? 60.0 : seconds);
      if (!run.ended()) {
        while_saving += is_saving(killed) ? 1 : 0;
        run.send(SIGKILL);
        ++done;
      }
    }
    const int code = run.exit_code();
    ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << run.printed();
    // A kill may also come between the last checkpoint and the end of the program.
    finished = fs::exists(killed / last.filename()) && facts_of(killed / last.filename()).at("finished");
    EXPECT_TRUE(finished || code != 0);
    if (!finished) continue;
    EXPECT_EQ(differences(last, killed / last.filename()), std::vector<std::string>());
    EXPECT_TRUE(weights == read_file(night.folder() / "voice_killed/model.safetensors"));
    fs::remove_all(killed);
    ++rounds;
  }
  std::printf("%d kills in %d runs, %d of them while a file was half written\n", done, rounds, while_saving);
}

TEST(TrainResume, AfterAKillAtAnyMomentEndsInTheSameBytes) {
  compare_killed_with_left_alone(6, {{"max_steps", "14"}}, 1);
}

TEST(TrainResumeSlow, AfterThirtyKillsEndsInTheSameBytes) {
  compare_killed_with_left_alone(30, {{"max_steps", "24"}}, 2);
}

TEST(TrainResumeSlow, WithTwoThreadsAveragesAndAccumulationTheBytesAreTheSameToo) {
  Options options{{"max_steps", "14"}, {"threads", "2"}, {"ema", "0.9"}};
  options["gradient_accumulation_steps"] = "3";  // the last step of an epoch has one batch of its own
  compare_killed_with_left_alone(6, options, 3);
}

TEST(TrainResume, CtrlCInTheMiddleOfAnEpochSavesSaysHowToGoOnAndLosesNothing) {
  SmallNight night;
  const Options options{{"max_steps", "10"}, {"resume", "auto"}};
  Options alone = options;
  alone.insert({{"checkpoint_dir", (night.folder() / "alone").string()},
                {"output_dir", (night.folder() / "voice_alone").string()}});
  ASSERT_EQ(night.train(alone).exit_code, 0);

  const fs::path log = night.folder() / "log";
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Running run(night.words(options), log);
    const size_t before = run.printed().size();
    ASSERT_TRUE(run.wait_until([&] { return run.printed().find("[train] Output", before) != std::string::npos; }));
    ::usleep(300'000);
    run.send(signal);
    if (run.exit_code() == 0) continue;  // on a fast machine
    EXPECT_EQ(run.exit_code(), 128 + signal) << run.printed();
    EXPECT_TRUE(says(run.printed().substr(before), "--resume auto --checkpoint_dir " + night.checkpoints().string()))
        << run.printed();
  }
  Running rest(night.words(options), log);
  rest.exit_code();
  EXPECT_EQ(differences(night.folder() / "alone/checkpoint_step_10.pt", night.checkpoints() / "checkpoint_step_10.pt"),
            std::vector<std::string>())
      << rest.printed();
}

// Of the metrics' lines with this step: are there losses of training, of validation?
bool has_losses(const fs::path& folder, int64_t step, const char* prefix) {
  std::istringstream lines(fs::exists(folder / "metrics.jsonl") ? read_file(folder / "metrics.jsonl") : "");
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line, nullptr, false);  // it may be half written
    if (row.is_object() && row.value("step", int64_t{-1}) == step && row.contains(std::string(prefix) + "/mel"))
      return true;
  }
  return false;
}

TEST(TrainResume, CtrlCInTheMiddleOfAValidationIsHeardAndTheValidationMadeUpFor) {
  SmallNight night;
  Rows held_out;  // so many that a validation takes a while
  for (int i = 0; i < 30; ++i) held_out.emplace_back("y" + std::to_string(i), "blue");
  night.set_clips("metadata_val.csv", held_out);
  const Options options{{"max_steps", "6"}, {"resume", "auto"}};
  Options alone = options;
  alone.insert({{"checkpoint_dir", (night.folder() / "alone").string()},
                {"output_dir", (night.folder() / "voice_alone").string()}});
  ASSERT_EQ(night.train(alone).exit_code, 0);

  const fs::path log = night.folder() / "log";
  for (const int64_t step : {4, 6}) {  // the end of an epoch, and the last
    Running run(night.words(options), log);
    const size_t before = run.printed().size();
    ASSERT_TRUE(run.wait_until([&] { return has_losses(night.checkpoints(), step, "train"); })) << run.printed();
    ::usleep(30'000);
    const auto begin = std::chrono::steady_clock::now();
    run.send(SIGINT);
    EXPECT_EQ(run.exit_code(), 128 + SIGINT) << run.printed();
    std::printf("stopped %.2f s later\n",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    const std::string printed = run.printed().substr(before);
    EXPECT_TRUE(says(printed, "saving step " + std::to_string(step))) << printed;
    EXPECT_TRUE(says(printed, "go on with: vits-train --resume auto")) << printed;
    EXPECT_FALSE(has_losses(night.checkpoints(), step, "validation")) << "the validation was not in its middle";
    EXPECT_FALSE(fs::exists(night.last_voice()));
  }
  Running rest(night.words(options), log);
  EXPECT_EQ(rest.exit_code(), 0) << rest.printed();
  for (const int64_t step : {4, 6}) EXPECT_TRUE(has_losses(night.checkpoints(), step, "validation")) << step;
  for (const char* name : {"checkpoint_epoch_1.pt", "checkpoint_step_6.pt"})
    EXPECT_EQ(differences(night.folder() / "alone" / name, night.checkpoints() / name), std::vector<std::string>())
        << name;
  EXPECT_EQ(read_file(night.folder() / "voice_alone/model.safetensors"),
            read_file(night.last_voice() / "model.safetensors"));
}

TEST(TrainResume, ASecondSignalEndsItAtOnce) {
  SmallNight night;
  Running run(night.words({{"max_steps", "100000"}}), night.folder() / "log");
  ASSERT_TRUE(run.wait_until_it_says("[train] Output")) << run.printed();
  run.send(SIGINT);
  run.send(SIGTERM);
  const int code = run.exit_code();  // of two that wait the system delivers either first
  EXPECT_TRUE(code == 128 + SIGINT || code == 128 + SIGTERM) << code;
  EXPECT_FALSE(says(run.printed(), "stopping by signal")) << run.printed();
}

TEST(TrainResume, TwoRunsDoNotShareAFolderAndAKilledOneDoesNotHoldIt) {
  SmallNight night;
  Running first(night.words({{"max_steps", "100000"}}), night.folder() / "log");
  ASSERT_TRUE(first.wait_until([&] { return fs::exists(night.checkpoints() / "checkpoint_epoch_1.pt"); }))
      << first.printed();
  const Finished second = night.train();
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_TRUE(says(second.error_output, "belongs to a run that is at work")) << second.error_output;
  first.send(SIGKILL);
  first.exit_code();
  const Finished third = night.train({{"resume", "none"}});
  EXPECT_EQ(third.exit_code, 0) << third.error_output;
}

const Options kRest{{"resume", "auto"}, {"max_steps", "9"}};

TEST(TrainResume, AnUnfinishedRunIsNeitherContinuedNorReplacedUnasked) {
  const SmallNight& night = begun_night();
  const Finished unasked = night.train();
  EXPECT_EQ(unasked.exit_code, 1);
  for (const char* words : {"step 8", "--resume auto", "--resume none"})
    EXPECT_TRUE(says(unasked.error_output, words)) << unasked.error_output;
  EXPECT_TRUE(fs::exists(night.checkpoints() / "checkpoint_epoch_2.pt"));

  const Finished anew = night.train({{"resume", "none"}});
  EXPECT_EQ(anew.exit_code, 0) << anew.error_output;
  EXPECT_TRUE(fs::exists(night.checkpoints().string() + ".1/checkpoint_epoch_2.pt"));
  EXPECT_TRUE(says(anew.error_output, night.checkpoints().string() + ".1")) << anew.error_output;
}

TEST(TrainResume, AFinishedRunIsNotContinuedAndANewOneMovesItAside) {
  const SmallNight night;
  ASSERT_EQ(night.train().exit_code, 0);
  const Finished again = night.train({{"resume", "auto"}});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_TRUE(says(again.error_output, "is finished")) << again.error_output;
  const Finished anew = night.train();
  EXPECT_EQ(anew.exit_code, 0) << anew.error_output;
  EXPECT_TRUE(fs::exists(night.checkpoints().string() + ".1"));
}

TEST(TrainResume, OptionsThatTheStateHangsOnMayNotDifferAndOthersAreSaid) {
  const SmallNight& night = begun_night();
  for (const auto& [name, value] : Options{{"batch_size", "3"}, {"seed", "2"}, {"gradient_accumulation_steps", "2"}}) {
    const Finished differs = night.train({{"resume", "auto"}, {"max_steps", "9"}, {name, value}});
    EXPECT_EQ(differs.exit_code, 1) << name;
    EXPECT_TRUE(says(differs.error_output, name)) << differs.error_output;
    EXPECT_TRUE(says(differs.error_output, value)) << differs.error_output;
  }
  const Finished other = night.train({{"resume", "auto"}, {"max_steps", "9"}, {"learning_rate", "0.0001"}});
  EXPECT_EQ(other.exit_code, 0) << other.error_output;
  EXPECT_TRUE(says(other.error_output, "learning_rate was 2e-05 and is 0.0001 from here on")) << other.error_output;
}

TEST(TrainResume, TakesTheOptionsOfTheRunThatItContinues) {
  const SmallNight& night = begun_night();
  const Finished rest = vits::base::run_program(
      {vits::support::program().string(), "--resume", "auto", "--checkpoint_dir", night.checkpoints().string()});
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_EQ(facts_of(night.checkpoints() / "checkpoint_step_9.pt").at("step"), 9);
  EXPECT_TRUE(fs::exists(night.last_voice() / "model.safetensors"));
}

TEST(TrainResume, ClipsThatHaveChangedOrAreGoneAreNoticed) {
  const char* const words = "the clips are not those of the checkpoint";
  {
    const SmallNight& night = begun_night();
    Rows rows = kRows;
    rows[3].second = "another text";
    night.set_clips("metadata.csv", rows);
    const Finished rest = night.train(kRest);
    EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
    EXPECT_TRUE(says(rest.error_output, words)) << rest.error_output;
    night.set_clips("metadata.csv", kRows);
  }
  {
    const SmallNight& night = begun_night();
    const Finished rest = night.train(kRest);
    EXPECT_FALSE(says(rest.error_output, words)) << rest.error_output;
  }
  const SmallNight& night = begun_night();
  fs::remove(night.wav("e"));
  const Finished rest = night.train(kRest);
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_TRUE(says(rest.error_output, words)) << rest.error_output;
  EXPECT_TRUE(says(read_file(night.training() / "skipped.csv"), "e.wav")) << rest.error_output;
  night.set_clips("metadata.csv", kRows);
}

TEST(TrainResume, DamagedCheckpointsAreNamedAndPassedOver) {
  const SmallNight& night = begun_night();
  const fs::path first = night.checkpoints() / "checkpoint_epoch_1.pt",
                 flipped = night.checkpoints() / "checkpoint_epoch_2.pt",
                 cut = night.checkpoints() / "checkpoint_epoch_3.pt";
  std::string bytes = read_file(flipped);
  write_file(cut, bytes.substr(0, bytes.size() * 2 / 3));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(flipped, bytes);
  const Finished rest = night.train(kRest);
  EXPECT_EQ(rest.exit_code, 0) << rest.error_output;
  for (const fs::path& damaged : {cut, flipped})
    EXPECT_TRUE(says(rest.error_output, damaged.string() + " is damaged and passed over")) << rest.error_output;
  EXPECT_TRUE(says(rest.error_output, "; 4 are made already")) << rest.error_output;
}

TEST(TrainResume, ARunThatWasKilledAfterItsLastStepOnlyMakesItsEnd) {
  const SmallNight& night = begun_night();
  const Finished end = night.train({{"resume", "auto"}, {"max_steps", "8"}});
  EXPECT_EQ(end.exit_code, 0) << end.error_output;
  EXPECT_TRUE(fs::exists(night.last_voice() / "model.safetensors"));
  EXPECT_TRUE(facts_of(night.checkpoints() / "checkpoint_epoch_2.pt").at("finished"));
}

}  // namespace
