#include "vits/loss/feature_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "map_pairs.h"
#include "vits/model/kernel_call.h"

namespace vits::loss {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The fake maps, then the real ones. One operator for all of them: map by map it is some 370 a step.
class MapDistance : public torch::autograd::Function<MapDistance> {
 public:
  static at::Tensor forward(AutogradContext* context, at::TensorList maps) {
    context->save_for_backward(maps.vec());
    const auto pairs = pairs_of(maps);
    const auto exact = maps[0].scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    auto sum = at::empty({}, maps[0].options().dtype(exact));
    AT_DISPATCH_FLOATING_TYPES(exact, "map_distance", [&] {
      model::call_kernel(
          "vits::map_distance", sum.device(), [&] { map_distance_cpu(pairs, sum.mutable_data_ptr<scalar_t>()); },
          [&](auto stream) {
            const auto partial = at::empty({map_distance_partial_sums(pairs)}, sum.options());
            return map_distance_cuda(pairs, partial.template mutable_data_ptr<scalar_t>(),
                                     sum.mutable_data_ptr<scalar_t>(), stream);
          });
    });
    return sum;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto maps = context->get_saved_variables();
    auto pairs = pairs_of(maps);
    variable_list found(maps.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      found[i] = at::empty(maps[i].sizes(), maps[i].options());
      pairs[i].fake_gradient = found[i].mutable_data_ptr();
    }
    const auto& sum_gradient = gradients[0];
    AT_DISPATCH_FLOATING_TYPES(sum_gradient.scalar_type(), "map_distance_backward", [&] {
      const auto* factor = sum_gradient.const_data_ptr<scalar_t>();
      model::call_kernel(
          "vits::map_distance_backward", sum_gradient.device(), [&] { map_distance_backward_cpu(pairs, factor); },
          [&](auto stream) { return map_distance_backward_cuda(pairs, factor, stream); });
    });
    return found;
  }

 private:
  static std::vector<MapPair> pairs_of(at::TensorList maps) {
    std::vector<MapPair> pairs(maps.size() / 2);
    for (size_t i = 0; i < pairs.size(); ++i) {
      const at::Tensor &fake = maps[i], &real = maps[pairs.size() + i];
      pairs[i] = {.real = real.const_data_ptr(),
                  .fake = fake.const_data_ptr(),
                  .dtype = fake.scalar_type(),
                  .count = fake.numel()};
    }
    return pairs;
  }
};

}  // namespace

at::Tensor feature_loss(const std::vector<std::vector<at::Tensor>>& real_maps,
                        const std::vector<std::vector<at::Tensor>>& fake_maps) {
  TORCH_CHECK(real_maps.size() == fake_maps.size(), "feature_loss: ", real_maps.size(),
              " discriminators judged the recording, ", fake_maps.size(),
              " the generated sound; this is a bug in vits-train");
  variable_list fake, real;
  for (size_t judge = 0; judge < real_maps.size(); ++judge) {
    for (size_t layer = 0; layer < real_maps[judge].size(); ++layer) {
      fake.push_back(fake_maps[judge][layer].contiguous());
      real.push_back(real_maps[judge][layer].detach().to(fake.back().scalar_type()).contiguous());
      TORCH_CHECK(real.back().sizes() == fake.back().sizes(), "feature_loss: maps of ", real.back().sizes(), " and ",
                  fake.back().sizes(), "; this is a bug in vits-train");
    }
  }
  fake.insert(fake.end(), real.begin(), real.end());
  return 2 * MapDistance::apply(at::TensorList(fake));
}

}  // namespace vits::loss
