#include "vits/model/masks.h"

#include <ATen/ATen.h>

namespace vits::model {

at::Tensor length_mask(const at::Tensor& lengths, int64_t longest) {
  return (at::arange(longest, lengths.options()) < lengths.unsqueeze(1)).unsqueeze(1).to(at::kFloat);
}

}  // namespace vits::model
