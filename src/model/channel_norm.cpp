#include "vits/model/channel_norm.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

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

class ChannelNorm : public torch::autograd::Function<ChannelNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, double epsilon) {
    const auto y = at::empty(x.sizes(), x.options());
    const auto mean = at::empty({x.size(0), x.size(2)}, x.options()), scale = at::empty(mean.sizes(), x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "channel_norm", [&] {
      run_norm("vits::channel_norm",
               NormForward<scalar_t>{norm_extent(x), static_cast<scalar_t>(epsilon), x.const_data_ptr<scalar_t>(),
                                     weight.const_data_ptr<scalar_t>(), bias.const_data_ptr<scalar_t>(),
                                     y.mutable_data_ptr<scalar_t>(), mean.mutable_data_ptr<scalar_t>(),
                                     scale.mutable_data_ptr<scalar_t>()},
               x.device());
    });
    context->save_for_backward({x, weight, mean, scale});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &mean = saved[2], &scale = saved[3];
    const auto y_gradient = gradients[0].contiguous();
    const auto x_gradient = at::empty(x.sizes(), x.options());
    const auto weight_gradient = at::empty(weight.sizes(), weight.options());
    const auto bias_gradient = at::empty(weight.sizes(), weight.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "channel_norm_backward", [&] {
      run_norm("vits::channel_norm_backward",
               NormBackward<scalar_t>{norm_extent(x), x.const_data_ptr<scalar_t>(), weight.const_data_ptr<scalar_t>(),
                                      mean.const_data_ptr<scalar_t>(), scale.const_data_ptr<scalar_t>(),
                                      y_gradient.const_data_ptr<scalar_t>(), x_gradient.mutable_data_ptr<scalar_t>(),
                                      weight_gradient.mutable_data_ptr<scalar_t>(),
                                      bias_gradient.mutable_data_ptr<scalar_t>()},
               x.device());
    });
    return {x_gradient, weight_gradient, bias_gradient, at::Tensor()};
  }
};

}  // namespace

at::Tensor channel_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  const auto dtype = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return ChannelNorm::apply(x.to(dtype).contiguous(), weight.to(dtype), bias.to(dtype), epsilon);
}

}  // namespace vits::model
