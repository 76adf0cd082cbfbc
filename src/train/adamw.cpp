#include "vits/train/adamw.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include "adamw_cpu.h"

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
  // Into the same memory every time: a step that a graph repeats writes where it wrote when it was recorded.
  gradient_norm_.copy_(at::linalg_vector_norm(gradients) / scale.factor());
  overflowed_.copy_(at::logical_not(at::isfinite(gradient_norm_)));
  // Unscaling and clipping are one division, made by the fused step as it reads the gradients.
  auto divisor = scale.factor();
  if (options_.clip_norm > 0) divisor = divisor * ((gradient_norm_ + 1e-6) / options_.clip_norm).clamp_min(1.0);
  if (gradients.is_cpu()) {
    step_on_host(learning_rate, divisor);
    return;
  }
  steps_.add_(1);
  at::_fused_adamw_({parameters_.values()}, {gradients}, {mean_}, {square_}, {}, {steps_}, learning_rate,
                    options_.beta_1, options_.beta_2, options_.weight_decay, options_.epsilon, /*amsgrad=*/false,
                    /*maximize=*/false, divisor, overflowed_);
  steps_.sub_(overflowed_);
  gradients.zero_();
}

void AdamW::step_on_host(const at::Tensor& learning_rate, const at::Tensor& divisor) {
  RECORD_FUNCTION("vits::adamw", c10::ArrayRef<const c10::IValue>{});
  at::Tensor& gradients = parameters_.gradients();
  float& steps = *steps_.mutable_data_ptr<float>();
  if (*overflowed_.const_data_ptr<float>() != 0.0f) {
    gradients.zero_();
    return;
  }
  steps += 1.0f;
  adamw_cpu({.value = parameters_.values().mutable_data_ptr<float>(),
             .gradient = gradients.mutable_data_ptr<float>(),
             .mean = mean_.mutable_data_ptr<float>(),
             .square = square_.mutable_data_ptr<float>(),
             .count = gradients.numel(),
             .divisor = *divisor.const_data_ptr<float>(),
             .learning_rate = *learning_rate.const_data_ptr<float>(),
             .beta_1 = options_.beta_1,
             .beta_2 = options_.beta_2,
             .weight_decay = options_.weight_decay,
             .epsilon = options_.epsilon,
             .steps = steps},
            at::get_num_threads());
}

}  // namespace vits::train
