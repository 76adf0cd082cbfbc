// Losses are sums of many small terms: half precision comes in as float32, float64 (a test's) stays.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::loss {

inline at::Tensor exact(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x;
}

}  // namespace vits::loss
