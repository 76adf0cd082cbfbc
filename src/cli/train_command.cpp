#include <fmt/format.h>

#include "command.h"
#include "command_list.h"
#include "vits/base/machine.h"
#include "vits/base/options.h"
#include "vits/data/training_set.h"
#include "vits/formats/json.h"
#include "vits/train/recipe.h"
#include "vits/train/resumed_options.h"
#include "vits/train/run_options.h"
#include "vits/train/run_places.h"
#include "vits/train/trainer.h"
#include "voice_source.h"

namespace vits::cli {

namespace {

// Looks for the clips first: a voice may have to be downloaded.
train::Trainer trainer_of(const train::RunOptions& options) {
  train::check_places(options.places);
  data::read_training_set(options.places.data_dir);
  return {options, [name = options.places.model_name] { return find_voice(name); }, base::process_seconds()};
}

int train(const train::RunOptions& options) {
  train::Trainer trainer = trainer_of(options);
  trainer.run();
  return 0;
}

int plan(const train::RunOptions& options) {
  train::Trainer trainer = trainer_of(options);
  trainer.plan();
  return 0;
}

// Beneath what was given: in a run that is continued the options it had, and a recipe that it did not have.
void set_beneath(train::RunOptions& options) {
  const std::string recipe = options.recipe.recipe;
  const auto earlier = train::options_of_run(options.places.checkpoint_dir, options.saving.resume);
  if (!earlier.is_null())
    base::set_from_json(base::OptionTable::of(options), earlier, "the run in " + options.places.checkpoint_dir);
  if (!recipe.empty() && (earlier.is_null() || earlier.value("recipe", std::string()) != recipe))
    base::set_from_json(base::OptionTable::of(options), train::recipe(recipe), "--recipe " + recipe);
}

Command with_options_of_the_run(Command words, int (*run)(const train::RunOptions&)) {
  const auto options = std::make_shared<train::RunOptions>();
  words.options = base::OptionTable::of(*options);
  words.run = [options, run] { return run(*options); };
  words.beneath = [options] { set_beneath(*options); };
  words.settle = [options](const std::set<std::string>& flags, const std::set<std::string>& config) {
    if (!train::settle_length(options->budget, flags)) train::settle_length(options->budget, config);
  };
  return words;
}

}  // namespace

Command make_train_command() {
  return with_options_of_the_run(
      {.name = "train",
       .group = kTrain,
       .summary = "Trains a voice on a training folder within the hours given",
       .details =
           "What the program does when no command is named. It loads the voice and the clips, measures how fast this "
           "machine is, plans as many steps as the hours hold and trains: a checkpoint every epoch, the best voice "
           "kept, "
           "a live line of progress. Ctrl-C finishes the step, saves and says how to go on; after a power cut --resume "
           "auto goes on from the newest whole checkpoint. The finished voice opens in transformers.",
       .examples = {"vits-train --target_hours 9.5", "vits-train --resume auto",
                    "vits-train --max_samples 1000 --epochs 1",
                    "vits-train --model_name voice/ --data_dir training --epochs 20 --batch_size 4"},
       .options = {},
       .run = {},
       .computes_for_hours = true,
       .beneath = {},
       .settle = {}},
      train);
}

Command make_plan_command() {
  return with_options_of_the_run(
      {.name = "plan",
       .group = kTrain,
       .summary = "Says what a training run would be, without training",
       .details =
           "Loads the voice and the clips, measures this machine's speed and prints steps, epochs, end and memory. "
           "Takes the options of training and leaves nothing on the disk but the cache of the clips.",
       .examples = {"vits-train plan --target_hours 9.5"},
       .options = {},
       .run = {},
       .computes_for_hours = true,
       .beneath = {},
       .settle = {}},
      plan);
}

}  // namespace vits::cli
