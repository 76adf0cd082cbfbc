#include "vits/model/channel_norm.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "channel_norm_elements.h"
#include "vits/model/kernel_call.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Problem>
void run_norm(const char* name, const Problem& problem, const at::Device& device) {
  call_kernel(
      name, device, [&] { channel_norm_cpu(problem); },
      [&](auto stream) { return channel_norm_cuda(problem, stream); });
}

NormExtent norm_extent(const at::Tensor& x) { return {x.size(0), x.size(1), x.size(2)}; }

// What an autograd function takes for a tensor that may not be given.
using Optional = std::optional<at::Tensor>;

class ChannelNorm : public torch::autograd::Function<ChannelNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const Optional& onto, const Optional& keep, const Optional& mask,
                            double epsilon, bool gelu) {
    auto y = at::empty(x.sizes(), x.options());
    const auto mean = at::empty({x.size(0), x.size(2)}, x.options()), scale = at::empty(mean.sizes(), x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "channel_norm", [&] {
      run_norm(
          "vits::channel_norm",
          NormForward<scalar_t>{norm_extent(x), static_cast<scalar_t>(epsilon), gelu, data_or_null<scalar_t>(x),
                                data_or_null<scalar_t>(weight), data_or_null<scalar_t>(bias),
                                data_or_null<scalar_t>(keep.value_or(at::Tensor())),
                                data_or_null<scalar_t>(onto.value_or(at::Tensor())),
                                data_or_null<scalar_t>(mask.value_or(at::Tensor())), y.mutable_data_ptr<scalar_t>(),
                                mean.mutable_data_ptr<scalar_t>(), scale.mutable_data_ptr<scalar_t>()},
          x.device());
    });
    context->save_for_backward(
        {x, weight, bias, keep.value_or(at::Tensor()), mask.value_or(at::Tensor()), mean, scale});
    context->saved_data["gelu"] = gelu;
    context->saved_data["adds"] = onto.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const auto y_gradient = gradients[0].contiguous();
    const auto x_gradient = at::empty(x.sizes(), x.options());
    const auto onto_gradient = context->saved_data["adds"].toBool() ? at::empty(x.sizes(), x.options()) : at::Tensor();
    const auto weight_gradient = at::empty(weight.sizes(), weight.options());
    const auto bias_gradient = at::empty(weight.sizes(), weight.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "channel_norm_backward", [&] {
      const auto saved_at = [&](size_t place) { return data_or_null<scalar_t>(saved[place]); };
      run_norm("vits::channel_norm_backward",
               NormBackward<scalar_t>{norm_extent(x), context->saved_data["gelu"].toBool(), saved_at(0), saved_at(1),
                                      saved_at(2), saved_at(3), saved_at(4), saved_at(5), saved_at(6),
                                      data_or_null<scalar_t>(y_gradient), x_gradient.mutable_data_ptr<scalar_t>(),
                                      onto_gradient.defined() ? onto_gradient.mutable_data_ptr<scalar_t>() : nullptr,
                                      weight_gradient.mutable_data_ptr<scalar_t>(),
                                      bias_gradient.mutable_data_ptr<scalar_t>()},
               x.device());
    });
    return {x_gradient,   weight_gradient, bias_gradient, onto_gradient,
            at::Tensor(), at::Tensor(),    at::Tensor(),  at::Tensor()};
  }
};

}  // namespace

at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                        const NormStep& then) {
  const auto dtype = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto taken = [&](const at::Tensor& tensor) { return tensor.to(dtype).contiguous(); };
  const auto given = [&](const at::Tensor& tensor) {
    return tensor.defined() ? Optional(taken(tensor)) : std::nullopt;
  };
  return ChannelNorm::apply(taken(x), taken(weight), taken(bias), given(then.onto), given(then.keep), given(then.mask),
                            epsilon, then.gelu);
}

}  // namespace vits::model
