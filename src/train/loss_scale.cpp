#include "vits/train/loss_scale.h"

#include <ATen/ATen.h>

namespace vits::train {

LossScale::LossScale(bool active, at::Device device) : active_(active) {
  const auto options = at::TensorOptions(device);
  factor_ = at::full({}, active ? kFirst : 1.0, options.dtype(at::kFloat));
  growth_ = at::zeros({}, options.dtype(at::kInt));
}

void LossScale::update(const at::Tensor& overflowed) {
  if (!active_) return;
  at::_amp_update_scale_(factor_, growth_, overflowed, /*scale_growth_factor=*/2.0, /*scale_backoff_factor=*/0.5,
                         kGrowthInterval);
  factor_.clamp_(kFloor);
}

void LossScale::restore(double factor, int64_t growth) {
  factor_.fill_(factor);
  growth_.fill_(growth);
}

}  // namespace vits::train
