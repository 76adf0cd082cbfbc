#include "vits/loss/kl_loss.h"

#include <ATen/ATen.h>

#include "exact.h"
#include "vits/base/shape.h"

namespace vits::loss {

at::Tensor kl_loss(const at::Tensor& z_p, const at::Tensor& log_sigma_q, const at::Tensor& mu_p,
                   const at::Tensor& log_sigma_p, const at::Tensor& frame_mask) {
  base::check_shape(z_p, "B C F", "z_p of the KL loss");
  base::check_shape(frame_mask, "B 1 F", "frame mask of the KL loss");
  const auto log_sigma = exact(log_sigma_p);
  const auto kl = log_sigma - exact(log_sigma_q) - 0.5
                  + 0.5 * (exact(z_p) - exact(mu_p)).square() * at::exp(-2.0 * log_sigma);  // [B, C, F]
  return (kl * frame_mask).sum() / frame_mask.sum();
}

}  // namespace vits::loss
