// How much each loss counts. The names are the flags of finetune-hf-vits, the defaults those of its MMS recipe.
#pragma once
#include "vits/base/options.h"

namespace vits::loss {

struct LossWeights {
  double weight_mel = 35.0;
  double weight_kl = 1.5;
  double weight_duration = 1.0;
  double weight_gen = 1.0;
  double weight_fmap = 1.0;
  double weight_disc = 3.0;

  template <class Visitor>
  void visit(Visitor&& field) {
    const auto limits = base::between(0, 1000);
    field("weight_mel", weight_mel, limits, "Weight of the mel loss: how close the sound is to the recording.");
    field("weight_kl", weight_kl, limits, "Weight of the KL loss: how well the text predicts the latent.");
    field("weight_duration", weight_duration, limits, "Weight of the duration predictor's loss.");
    field("weight_gen", weight_gen, limits, "Weight of the adversarial loss: how well the discriminators are fooled.");
    field("weight_fmap", weight_fmap, limits, "Weight of the feature matching loss.");
    field("weight_disc", weight_disc, limits, "Weight of the discriminators' own loss.");
  }
};

}  // namespace vits::loss
