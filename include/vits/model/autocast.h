// PyTorch's mixed precision for as long as the object lives: matrix products and convolutions in half precision, sums
// and losses in float32.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <optional>

namespace vits::model {

class Autocast {
 public:
  // dtype: kHalf or kBFloat16; empty changes nothing.
  Autocast(c10::DeviceType device, std::optional<c10::ScalarType> dtype);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  bool active_;
  bool was_enabled_ = false;
  c10::ScalarType previous_ = c10::ScalarType::Half;
};

// x in the precision that products have in the region around, itself outside of one: cast once where several products
// would each cast it, or a sum of both precisions would cast the other back.
at::Tensor as_in_region(const at::Tensor& x);

}  // namespace vits::model
