// Half precision cannot hold small gradients, so the loss is multiplied before the backward pass and the gradients are
// divided after it. The factor grows while all goes well and is halved when a gradient overflowed; that update is then
// left out. All of it stays on the device: nothing here waits for it. Without half precision the factor stays 1.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::train {

class LossScale {
 public:
  static constexpr double kFirst = 65536.0, kFloor = 1.0;
  static constexpr int64_t kGrowthInterval = 2000;  // good updates until it is doubled

  LossScale(bool active, at::Device device);

  bool active() const { return active_; }
  const at::Tensor& factor() const { return factor_; }  // [] float32
  at::Tensor scaled(const at::Tensor& loss) const { return active_ ? loss * factor_ : loss; }

  // After the updates of a step; `overflowed` [] is 1 when a gradient was no finite number.
  void update(const at::Tensor& overflowed);

  // Good updates since the last change, [] int32, for a checkpoint.
  const at::Tensor& growth() const { return growth_; }
  void restore(double factor, int64_t growth);

 private:
  bool active_;
  at::Tensor factor_, growth_;
};

}  // namespace vits::train
