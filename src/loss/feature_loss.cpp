#include "vits/loss/feature_loss.h"

#include <ATen/ATen.h>

#include "exact.h"

namespace vits::loss {

at::Tensor feature_loss(const std::vector<std::vector<at::Tensor>>& real_maps,
                        const std::vector<std::vector<at::Tensor>>& fake_maps) {
  TORCH_CHECK(real_maps.size() == fake_maps.size(), "feature_loss: ", real_maps.size(),
              " discriminators judged the recording, ", fake_maps.size(),
              " the generated sound; this is a bug in vits-train");
  at::Tensor sum;
  for (size_t judge = 0; judge < real_maps.size(); ++judge) {
    for (size_t layer = 0; layer < real_maps[judge].size(); ++layer) {
      const auto difference = (exact(real_maps[judge][layer].detach()) - exact(fake_maps[judge][layer])).abs().mean();
      sum = sum.defined() ? sum + difference : difference;
    }
  }
  return 2 * sum;
}

}  // namespace vits::loss
