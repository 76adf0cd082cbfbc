// Where the chance of a device stands, so that a pass with dropout can be made again with the same draws.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace vits::model {

class RandomState {
 public:
  explicit RandomState(c10::Device device);  // as of now; waits for no device
  void restore() const;

 private:
  c10::Device device_;
  at::Tensor state_;
};

}  // namespace vits::model
