// The hyper-parameters of known trainers as values of our own options, so that a run here can be compared with one
// there: losses, optimizer, schedule and batch. How long to train, and on what, stays with the person. What a recipe
// does not name keeps its default.
//
// Applied before the configuration file and the flags: default, recipe, file, flag.
//
// finetune-hf-vits sets a warm-up that its scheduler never sees, so there is none in its recipe.
#pragma once
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/formats/json.h"

namespace vits::train {

struct RecipeOptions {
  std::string recipe = "none";

  template <class Visitor>
  void visit(Visitor&& field) {
    field(
        "recipe", recipe, base::one_of({"none", "finetune_hf", "vits", "coqui", "piper"}),
        "Train as another program does: losses, optimizer, schedule and batch of finetune-hf-vits, the original VITS, "
        "Coqui TTS or Piper. Options that are given win over it.");
  }
};

// An object of option values by name; empty for "none". Throws UsageError for an unknown recipe.
formats::Json recipe(const std::string& name);

}  // namespace vits::train
