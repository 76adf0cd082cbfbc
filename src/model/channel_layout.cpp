#include "vits/model/channel_layout.h"

#include <ATen/ATen.h>

namespace vits::model {

at::Tensor in_quick_order(const at::Tensor& x) {
  if (!x.is_cpu() || x.scalar_type() != at::kBFloat16) return x;
  return x.transpose(1, 2).contiguous().transpose(1, 2);
}

bool is_in_quick_order(const at::Tensor& x) {
  return x.dim() == 3 && !x.is_contiguous() && x.transpose(1, 2).is_contiguous();
}

at::Tensor in_order_of(const at::Tensor& model, const at::Tensor& x) {
  return x.strides() == model.strides() ? x : at::empty_like(model).copy_(x);
}

}  // namespace vits::model
