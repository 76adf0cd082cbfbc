// The main command from the first step to the finished voice: what it leaves, who opens it, and that it keeps to time.
#include <set>

#include "program_run.h"
#include "small_night.h"
#include "vits/data/training_set.h"

namespace {

using namespace vits::cli_tests;
using vits::base::read_file;
using vits::formats::Json;

std::vector<Json> rows_of(const fs::path& metrics) {
  std::vector<Json> rows;
  std::istringstream lines(read_file(metrics));
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

bool is_module(const std::string& name) {
  static const std::set<std::string> names{"text encoder", "posterior encoder",  "flow",
                                           "alignment",    "duration predictor", "decoder"};
  return names.contains(name);
}

// One run, which several tests look at.
const SmallNight& trained_night() {
  static const SmallNight night;
  static const Finished done = night.train({{"max_steps", "10"}, {"log_steps", "1"}, {"sample_steps", "5"}});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  return night;
}

TEST(Train, ItsVoicesPassVerifyAndSpeak) {
  const SmallNight& night = trained_night();
  for (const fs::path& voice : {night.best_voice(), night.last_voice()}) {
    const Finished verified = run({"verify", voice.string()});
    EXPECT_EQ(verified.exit_code, 0) << verified.output;
  }
  const fs::path out = night.folder() / "hello.wav";
  const Finished spoken = run({"synthesize", "--model", (night.checkpoints() / "checkpoint_epoch_1.pt").string(),
                               "--text", "seven", "--out", out.string()});
  EXPECT_EQ(spoken.exit_code, 0) << spoken.error_output;
  EXPECT_GT(vits::audio::read_sound(out, 60.0).samples.size(), 1000u);
}

TEST(Train, PythonOpensAllThatItLeaves) {
  const SmallNight& night = trained_night();
  const std::string printed =
      vits::support::run_python("tests/cli/open_run.py", {night.checkpoints().string(), night.last_voice().string()});
  const Json seen = Json::parse(printed);
  EXPECT_EQ(seen["step"], 10);
  EXPECT_EQ(seen["groups"], Json({"discriminators", "discriminators_exp_avg", "discriminators_exp_avg_sq", "facts",
                                  "generator", "generator_exp_avg", "generator_exp_avg_sq"}));
  EXPECT_TRUE(seen["finite"]);
  for (const char* voice : {"best", "last"}) {
    EXPECT_EQ(seen[voice]["missing"], 0) << printed;
    EXPECT_TRUE(seen[voice]["speaks"]) << printed;
  }
  EXPECT_EQ(seen["weights_differ_from_checkpoint"], 0) << printed;
  EXPECT_EQ(seen["curve_steps"], Json({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_GE(seen["images"], 2);
  EXPECT_GE(seen["sounds"], 2);
}

TEST(Train, AProfileTellsWhereTheTimeWentAndChangesNothing) {
  const SmallNight plain, profiled;
  EXPECT_EQ(plain.train().exit_code, 0);
  const Finished done = profiled.train({{"profile", "true"}, {"log_steps", "2"}});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(read_file(plain.last_voice() / "model.safetensors"),
            read_file(profiled.last_voice() / "model.safetensors"));
  EXPECT_FALSE(fs::exists(plain.checkpoints() / "profile_trace.json"));

  const std::string log = read_file(profiled.checkpoints() / "train.log");
  for (const char* words : {"Where the time of 6 steps went", "  data wait ", "    text encoder ", "    alignment ",
                            "  voice backward ", "profile_trace.json", "Profile  ", "% waiting for data"})
    EXPECT_TRUE(says(log, words)) << words << " in " << log;

  double training_us = 0.0, steps_us = 0.0;
  std::set<std::string> names;
  const Json trace = vits::formats::read_json(profiled.checkpoints() / "profile_trace.json");
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] != "X") continue;
    names.insert(event["name"]);
    if (event["cat"] == "step") steps_us += event["dur"].get<double>();
    if (event["cat"] == "phase" && event.contains("args") && !is_module(event["name"]))
      training_us += event["dur"].get<double>();
  }
  for (const char* name : {"step 1", "step 6", "data wait", "transfer", "batch", "flow", "decoder",
                           "duration predictor", "discriminators forward", "voice backward", "voice update", "gap"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_NEAR(training_us, steps_us, 0.001 * steps_us);

  int with_figures = 0;
  for (const Json& row : rows_of(profiled.checkpoints() / "metrics.jsonl"))
    if (row.contains("profile/voice_backward_ms") && row["profile/voice_forward/flow_ms"] > 0) ++with_figures;
  EXPECT_EQ(with_figures, 3);
}

TEST(Train, TheFiguresAreOneLineAStepAndTheOptionsStandBesideThem) {
  const SmallNight& night = trained_night();
  int64_t steps = 0, validations = 0;
  for (const Json& row : rows_of(night.checkpoints() / "metrics.jsonl")) {
    if (row.dump().find("valid") != std::string::npos)
      ++validations;
    else
      ++steps;
  }
  EXPECT_EQ(steps, 10);
  EXPECT_EQ(validations, 4);  // before the first step, after each of two epochs, at the end
  const Json options = vits::formats::read_json(night.checkpoints() / "options.json");
  EXPECT_EQ(options["batch_size"], 2);
  EXPECT_EQ(options["learning_rate"], 2e-5);
  const std::string log = read_file(night.checkpoints() / "train.log");
  for (const char* words : {"Plan ", "10 steps of 2 clips", "validation at step 8", "Listen ", "Best voice"})
    EXPECT_TRUE(says(log, words)) << words << " in " << log;
}

TEST(Train, ItLearns) {
  const SmallNight night;
  const Finished done = night.train({{"max_steps", "30"}, {"learning_rate", "0.002"}, {"adversarial", "false"}});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  const auto checkpoints = checkpoints_in(night.checkpoints());
  const Json facts = facts_of(checkpoints.back());
  EXPECT_LT(facts["validation_mel"].get<double>(), 0.9 * facts["start_loss"].get<double>());
}

TEST(Train, TheSameSeedGivesTheSameBytesAndAnotherDoesNot) {
  const SmallNight night;
  const auto weights = [&](const std::string& seed) {
    const Finished done = night.train({{"max_steps", "3"}, {"seed", seed}});
    EXPECT_EQ(done.exit_code, 0) << done.error_output;
    return read_file(night.last_voice() / "model.safetensors");
  };
  const std::string first = weights("1");
  EXPECT_TRUE(weights("1") == first);
  EXPECT_FALSE(weights("2") == first);
}

TEST(Train, EndsByItselfWhenItsTimeIsUp) {
  const SmallNight night;
  auto words = night.words({{"target_hours", "0.005"}, {"max_steps", "0"}});
  const Finished done = vits::base::run_program(words);
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "clips a second")) << done.error_output;
  EXPECT_TRUE(says(done.error_output, "Plan ")) << done.error_output;
  const Json facts = facts_of(checkpoints_in(night.checkpoints()).back());
  EXPECT_TRUE(facts["finished"]);
  EXPECT_GT(facts["step"], 2);
  EXPECT_GT(facts["used_seconds"], 9.0);
}

TEST(Train, ThePlanIsPrintedWithoutATrace) {
  const SmallNight night;
  auto words = night.words({{"target_hours", "0.5"}, {"max_steps", "0"}, {"benchmark_samples", "8"}});
  words.insert(words.begin() + 1, "plan");
  const Finished done = vits::base::run_program(words);
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.output, "Plan ")) << done.output;
  EXPECT_TRUE(says(done.output, "8 clips")) << done.output;
  EXPECT_FALSE(fs::exists(night.checkpoints()));
  EXPECT_FALSE(fs::exists(night.last_voice()));
}

}  // namespace
