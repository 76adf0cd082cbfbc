#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/base/options.h"

namespace vits::train {

// What of the voice is trained, and what is added to it before.
struct VoiceOptions {
  std::vector<std::string> freeze, reinitialize;
  std::string speakers = "voice";
  std::string add_symbols;
  double dropout = -1.0;
  bool adversarial = true;
  std::string discriminator;
  std::string discriminator_warmup_steps = "auto";

  template <class Visitor>
  void visit(Visitor&& field) {
    field(
        "freeze", freeze, base::any(),
        "Parts that keep their weights, such as text_encoder or decoder.*; * stands for any characters, and a pattern "
        "that begins with ! takes parts out again: --freeze '*' --freeze '!embed_speaker*'.");
    field("reinitialize", reinitialize, base::any(),
          "Parts or tensors to start afresh instead of taking them from the voice; * stands for any characters.");
    field(
        "speakers", speakers, base::one_of({"voice", "auto"}),
        "voice: those that the voice has; auto: add those that the clips name. A voice of one speaker then becomes one "
        "of several, which sounds as before until it has learned.");
    field(
        "add_symbols", add_symbols, base::any(),
        "Characters that the voice cannot read yet and is to learn; auto: all that the texts hold and a listener would "
        "miss.");
    field("dropout", dropout, base::between(-1, 0.95),
          "Of the text encoder and the duration predictor; -1: as the voice's config says.");
    field("adversarial", adversarial, base::any(),
          "Train against discriminators; without them the voice takes half the memory and sounds duller.");
    field(
        "discriminator", discriminator, base::any(),
        "Where trained discriminators are when the voice has none: D_*.pth, or a training folder of finetune-hf-vits.");
    field("discriminator_warmup_steps", discriminator_warmup_steps, base::any(),
          "Steps in which fresh discriminators learn alone, so that they do no harm; auto: a twentieth of the run, at "
          "most "
          "500, and none for trained ones.");
  }
};

}  // namespace vits::train
