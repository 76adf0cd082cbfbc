#pragma once
#include <ATen/core/Tensor.h>

namespace vits::loss {

// How far the posterior encoder and the flow's prior disagree, in nats per real frame: the KL term of the VITS paper,
// with the expectation over the posterior taken at one sample.
//
//   kl = log_sigma_p - log_sigma_q - 1/2 + (z_p - mu_p)^2 / (2 sigma_p^2)
//
// z_p, log_sigma_q, mu_p, log_sigma_p: [B, C, F]; frame_mask: [B, 1, F], 1 where a frame is real. Returns a scalar,
// float32.
at::Tensor kl_loss(const at::Tensor& z_p, const at::Tensor& log_sigma_q, const at::Tensor& mu_p,
                   const at::Tensor& log_sigma_p, const at::Tensor& frame_mask);

}  // namespace vits::loss
