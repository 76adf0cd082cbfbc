#include "vits/train/recipe.h"

#include "vits/base/error.h"

namespace vits::train {

namespace {

// The VITS paper's, which Coqui and Piper keep in the main.
formats::Json original() {
  return {
      {"weight_mel", 45.0},
      {"weight_kl", 1.0},
      {"weight_duration", 1.0},
      {"weight_gen", 1.0},
      {"weight_fmap", 1.0},
      {"weight_disc", 1.0},
      {"learning_rate", 2e-4},
      {"discriminator_learning_rate", 0.0},
      {"beta_1", 0.8},
      {"beta_2", 0.99},
      {"epsilon", 1e-9},
      {"weight_decay", 0.01},
      {"clip_norm", 0.0},
      {"gradient_accumulation_steps", 1},
      {"batch_size", 64},
      {"warmup_steps", 0},
      {"schedule", "exponential"},
      {"decay_per_epoch", 0.999875},
  };
}

}  // namespace

formats::Json recipe(const std::string& name) {
  formats::Json values = original();
  if (name == "vits") return values;
  if (name == "none") return formats::Json::object();
  if (name == "finetune_hf") {
    // It never switches to training mode, so its dropout is off.
    values.update({{"weight_mel", 35.0},
                   {"weight_kl", 1.5},
                   {"weight_disc", 3.0},
                   {"learning_rate", 2e-5},
                   {"epsilon", 1e-8},
                   {"clip_norm", 1.0},
                   {"batch_size", 16},
                   {"dropout", 0.0}});
    return values;
  }
  if (name == "coqui") {
    values.update({{"batch_size", 32}, {"clip_norm", 1000.0}});
    return values;
  }
  if (name == "piper") {
    // Its decay is written in the settings and never applied.
    values.update({{"batch_size", 32},
                   {"discriminator_learning_rate", 1e-4},
                   {"discriminator_beta_1", 0.5},
                   {"discriminator_beta_2", 0.9},
                   {"schedule", "constant"}});
    return values;
  }
  throw UsageError("--recipe is \"{}\", but must be none, finetune_hf, vits, coqui or piper.", name);
}

}  // namespace vits::train
