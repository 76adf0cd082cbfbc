// AdamW over the flat buffers of one network, with clipping, unscaling and the leaving out of a step whose gradient is
// no finite number: four calls, none of which waits for the device.
#pragma once
#include <ATen/core/Tensor.h>

#include "vits/train/flat_parameters.h"
#include "vits/train/loss_scale.h"
#include "vits/train/optimizer_options.h"

namespace vits::train {

class AdamW {
 public:
  AdamW(FlatParameters& parameters, const OptimizerOptions& options);

  // Moves the parameters by their gradients, which are then 0. learning_rate [] float32 on the device.
  void step(const at::Tensor& learning_rate, const LossScale& scale);

  const at::Tensor& gradient_norm() const { return gradient_norm_; }  // [] of the last step, unscaled, before clipping
  const at::Tensor& overflowed() const { return overflowed_; }        // [] 1 when the last step was left out

  at::Tensor& mean() { return mean_; }      // [N] of the gradients
  at::Tensor& square() { return square_; }  // [N] of their squares
  at::Tensor& steps() { return steps_; }    // [] float32

 private:
  void step_on_host(const at::Tensor& learning_rate, const at::Tensor& divisor);

  FlatParameters& parameters_;
  OptimizerOptions options_;
  at::Tensor mean_, square_, steps_, gradient_norm_, overflowed_;
};

}  // namespace vits::train
