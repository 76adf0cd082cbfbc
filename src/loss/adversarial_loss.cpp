#include "vits/loss/adversarial_loss.h"

#include <ATen/ATen.h>

#include "exact.h"

namespace vits::loss {

namespace {

at::Tensor missing_to_real(const std::vector<at::Tensor>& scores) {
  at::Tensor sum;
  for (const auto& score : scores) {
    const auto missing = (1 - exact(score)).square().mean();
    sum = sum.defined() ? sum + missing : missing;
  }
  return sum;
}

at::Tensor missing_to_fake(const std::vector<at::Tensor>& scores) {
  at::Tensor sum;
  for (const auto& score : scores) {
    const auto missing = exact(score).square().mean();
    sum = sum.defined() ? sum + missing : missing;
  }
  return sum;
}

}  // namespace

DiscriminatorLoss discriminator_loss(const std::vector<at::Tensor>& real_scores,
                                     const std::vector<at::Tensor>& fake_scores) {
  const auto real = missing_to_real(real_scores), fake = missing_to_fake(fake_scores);
  return {real + fake, real, fake};
}

at::Tensor adversarial_loss(const std::vector<at::Tensor>& fake_scores) { return missing_to_real(fake_scores); }

}  // namespace vits::loss
