#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

namespace vits::loss {

// How differently the discriminators' layers respond to recording and generated sound: the mean absolute difference of
// each map, summed over maps and discriminators, times VITS's 2. The recording's maps take no gradient. Returns a
// scalar, float32.
at::Tensor feature_loss(const std::vector<std::vector<at::Tensor>>& real_maps,
                        const std::vector<std::vector<at::Tensor>>& fake_maps);

}  // namespace vits::loss
