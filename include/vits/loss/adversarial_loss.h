// The least-squares game between generator and discriminators (LSGAN): a score of 1 means real, 0 generated.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

namespace vits::loss {

struct DiscriminatorLoss {
  at::Tensor total;  // real + fake, a scalar, not yet weighted
  at::Tensor real;   // what is missing to 1 on recordings
  at::Tensor fake;   // what is missing to 0 on generated sound
};

// One tensor [B, n] a discriminator; means over each, summed over discriminators, float32.
DiscriminatorLoss discriminator_loss(const std::vector<at::Tensor>& real_scores,
                                     const std::vector<at::Tensor>& fake_scores);

// What the generator is missing to be taken for real, a scalar.
at::Tensor adversarial_loss(const std::vector<at::Tensor>& fake_scores);

}  // namespace vits::loss
