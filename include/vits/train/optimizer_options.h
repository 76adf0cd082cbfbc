#pragma once
#include <cstdint>

#include "vits/base/options.h"

namespace vits::train {

struct OptimizerOptions {
  int64_t gradient_accumulation_steps = 4;
  double discriminator_learning_rate = 0.0;
  double beta_1 = 0.8;
  double beta_2 = 0.99;
  double discriminator_beta_1 = -1.0;
  double discriminator_beta_2 = -1.0;
  double epsilon = 1e-9;
  double weight_decay = 0.01;
  double clip_norm = 1.0;
  double ema = 0.0;

  // With the discriminators' own values in place of the voice's.
  OptimizerOptions of_discriminators() const {
    OptimizerOptions own = *this;
    if (discriminator_beta_1 >= 0) own.beta_1 = discriminator_beta_1;
    if (discriminator_beta_2 >= 0) own.beta_2 = discriminator_beta_2;
    return own;
  }

  template <class Visitor>
  void visit(Visitor&& field) {
    field("gradient_accumulation_steps", gradient_accumulation_steps, base::between(1, 4096),
          "Batches whose gradients make one step.");
    field("discriminator_learning_rate", discriminator_learning_rate, base::between(0, 1),
          "Peak rate of the discriminators; 0: that of the voice.");
    field("beta_1", beta_1, base::between(0, 0.9999), "AdamW's memory of the gradient.");
    field("beta_2", beta_2, base::between(0, 0.99999), "AdamW's memory of the gradient's square.");
    field("discriminator_beta_1", discriminator_beta_1, base::between(-1, 0.9999),
          "The same of the discriminators; below 0: that of the voice.");
    field("discriminator_beta_2", discriminator_beta_2, base::between(-1, 0.99999),
          "The same of the discriminators; below 0: that of the voice.");
    field("epsilon", epsilon, base::between(1e-15, 1), "AdamW's guard against a division by zero.");
    field("weight_decay", weight_decay, base::between(0, 1), "AdamW's pull of the weights towards zero.");
    field("clip_norm", clip_norm, base::between(0, 1e9),
          "Longest gradient of each network; longer ones are shortened. 0: off.");
    field("ema", ema, base::between(0, 0.999999),
          "Average the voice over its steps with this memory, such as 0.999; the average is validated and saved. 0: "
          "off.");
  }
};

}  // namespace vits::train
