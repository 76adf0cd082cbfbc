#include "vits/train/recipe.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/train/run_options.h"

namespace {

using namespace vits;
using namespace vits::train;

RunOptions run_with(const formats::Json& values, const std::string& source) {
  RunOptions options;
  base::set_from_json(base::OptionTable::of(options), values, source);
  return options;
}

TEST(Recipe, NamesOnlyOptionsAndTheirRange) {
  RecipeOptions options;
  const base::OptionTable table = base::OptionTable::of(options);
  for (const std::string& name : table.find("recipe")->limits.choices)
    EXPECT_NO_THROW(run_with(recipe(name), name)) << name;
  EXPECT_THROW(recipe("nemo"), UsageError);
  EXPECT_TRUE(recipe("none").empty());
}

// The table of hyper-parameters in what the trainers publish.
TEST(Recipe, IsThatOfTheTrainer) {
  const RunOptions hf = run_with(recipe("finetune_hf"), "finetune_hf");
  EXPECT_EQ(hf.schedule.learning_rate, 2e-5);
  EXPECT_EQ(hf.weights.weight_mel, 35.0);
  EXPECT_EQ(hf.weights.weight_kl, 1.5);
  EXPECT_EQ(hf.weights.weight_disc, 3.0);
  EXPECT_EQ(hf.optimizer.epsilon, 1e-8);
  EXPECT_EQ(hf.optimizer.clip_norm, 1.0);
  EXPECT_EQ(hf.batches.batch_size, 16);
  EXPECT_EQ(hf.voice.dropout, 0.0);

  const RunOptions vits = run_with(recipe("vits"), "vits");
  EXPECT_EQ(vits.schedule.learning_rate, 2e-4);
  EXPECT_EQ(vits.schedule.schedule, "exponential");
  EXPECT_EQ(vits.schedule.decay_per_epoch, 0.999875);
  EXPECT_EQ(vits.weights.weight_mel, 45.0);
  EXPECT_EQ(vits.weights.weight_kl, 1.0);
  EXPECT_EQ(vits.weights.weight_disc, 1.0);
  EXPECT_EQ(vits.optimizer.epsilon, 1e-9);
  EXPECT_EQ(vits.optimizer.clip_norm, 0.0);
  EXPECT_EQ(vits.batches.batch_size, 64);

  const RunOptions coqui = run_with(recipe("coqui"), "coqui");
  EXPECT_EQ(coqui.optimizer.clip_norm, 1000.0);
  EXPECT_EQ(coqui.batches.batch_size, 32);
  EXPECT_EQ(coqui.weights.weight_mel, 45.0);

  const RunOptions piper = run_with(recipe("piper"), "piper");
  EXPECT_EQ(piper.schedule.learning_rate, 2e-4);
  EXPECT_EQ(piper.optimizer.discriminator_learning_rate, 1e-4);
  EXPECT_EQ(piper.optimizer.of_discriminators().beta_1, 0.5);
  EXPECT_EQ(piper.optimizer.of_discriminators().beta_2, 0.9);
  EXPECT_EQ(vits.optimizer.of_discriminators().beta_1, 0.8);
  EXPECT_EQ(vits.optimizer.of_discriminators().beta_2, 0.99);
  EXPECT_EQ(piper.schedule.schedule, "constant");
  EXPECT_EQ(piper.batches.batch_size, 32);

  for (const RunOptions& one : {hf, vits, coqui, piper}) {
    EXPECT_EQ(one.optimizer.beta_1, 0.8);
    EXPECT_EQ(one.optimizer.beta_2, 0.99);
    EXPECT_EQ(one.optimizer.weight_decay, 0.01);
    EXPECT_EQ(one.optimizer.gradient_accumulation_steps, 1);
    EXPECT_EQ(one.schedule.warmup_steps, 0);
    EXPECT_EQ(one.weights.weight_duration, 1.0);
    EXPECT_EQ(one.weights.weight_gen, 1.0);
    EXPECT_EQ(one.weights.weight_fmap, 1.0);
  }
}

TEST(Preset, NamesOnlyOptionsAndOnlyWhatDiffersFromTheDefaults) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(support::source_folder() / "configs")) {
    const std::string path = entry.path().string();
    names.insert(entry.path().filename().string());
    const formats::Json values = formats::read_json(entry.path());
    RunOptions options;
    const base::OptionTable table = base::OptionTable::of(options);
    ASSERT_NO_THROW(base::set_from_json(table, values, path));
    for (const base::Option& option : table.options())
      EXPECT_EQ(values.contains(option.name), base::value_text(option) != option.default_text)
          << path << ": " << option.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"12gb_200_epochs.json", "default.json", "from_scratch.json",
                                          "multi_speaker.json", "rtx2070_8gb.json", "small.json"}));
}

}  // namespace
