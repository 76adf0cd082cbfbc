#include "vits/train/adamw.h"

#include <ATen/ATen.h>

namespace vits::train {

AdamW::AdamW(FlatParameters& parameters, const OptimizerOptions& options)
    : parameters_(parameters),
      options_(options),
      mean_(parameters.zeros_like()),
      square_(parameters.zeros_like()),
      steps_(at::zeros({}, parameters.values().options())),
      gradient_norm_(at::zeros({}, parameters.values().options())),
      overflowed_(at::zeros({}, parameters.values().options())) {}

void AdamW::step(const at::Tensor& learning_rate, const LossScale& scale) {
  const at::NoGradGuard no_grad;
  at::Tensor& gradients = parameters_.gradients();
  gradient_norm_ = at::linalg_vector_norm(gradients) / scale.factor();
  overflowed_ = at::logical_not(at::isfinite(gradient_norm_)).to(at::kFloat);
  // Unscaling and clipping are one division, made by the fused step as it reads the gradients.
  auto divisor = scale.factor();
  if (options_.clip_norm > 0) divisor = divisor * ((gradient_norm_ + 1e-6) / options_.clip_norm).clamp_min(1.0);
  steps_.add_(1);
  at::_fused_adamw_({parameters_.values()}, {gradients}, {mean_}, {square_}, {}, {steps_}, learning_rate,
                    options_.beta_1, options_.beta_2, options_.weight_decay, options_.epsilon, /*amsgrad=*/false,
                    /*maximize=*/false, divisor, overflowed_);
  steps_.sub_(overflowed_);
  gradients.zero_();
}

}  // namespace vits::train
