// Which positions of a padded batch are real.
#pragma once
#include <ATen/core/Tensor.h>

namespace vits::model {

// lengths [B] int64 -> [B, 1, longest] float, 1 where the position is below its row's length. Reads nothing back from
// the device, so `longest` is an argument.
at::Tensor length_mask(const at::Tensor& lengths, int64_t longest);

}  // namespace vits::model
