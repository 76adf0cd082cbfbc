#include "vits/model/residual_step.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "residual_elements.h"
#include "vits/model/channel_layout.h"
#include "vits/model/kernel_call.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Problem>
void run_residual(const char* name, const Problem& problem, const at::Device& device) {
  call_kernel(
      name, device, [&] { residual_cpu(problem); }, [&](auto stream) { return residual_cuda(problem, stream); });
}

class Residual : public torch::autograd::Function<Residual> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& sum, const at::Tensor& change,
                               double slope) {
    const auto next = at::empty_like(sum), active = at::empty_like(sum);
    VITS_FOR_NUMBERS_OF(sum, "residual_step", [&] {
      run_residual("vits::residual_step",
                   ResidualForward<scalar_t>{sum.numel(), slope, sum.const_data_ptr<scalar_t>(),
                                             change.const_data_ptr<scalar_t>(), next.mutable_data_ptr<scalar_t>(),
                                             active.mutable_data_ptr<scalar_t>()},
                   sum.device());
    });
    context->save_for_backward({active});
    context->saved_data["slope"] = slope;
    context->set_materialize_grads(false);
    return {next, active};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto active = context->get_saved_variables()[0];
    if (!gradients[1].defined()) return {gradients[0], gradients[0], at::Tensor()};
    const auto of_sum = gradients[0].defined() ? in_order_of(active, gradients[0]) : at::Tensor();
    const auto of_active = in_order_of(active, gradients[1]), gradient = at::empty_like(active);
    VITS_FOR_NUMBERS_OF(active, "residual_step", [&] {
      run_residual(
          "vits::residual_step_backward",
          ResidualBackward<scalar_t>{active.numel(), context->saved_data["slope"].toDouble(),
                                     active.const_data_ptr<scalar_t>(), data_or_null<scalar_t>(of_sum),
                                     of_active.const_data_ptr<scalar_t>(), gradient.mutable_data_ptr<scalar_t>()},
          active.device());
    });
    return {gradient, gradient, at::Tensor()};
  }
};

}  // namespace

ResidualStep residual_step(const at::Tensor& sum, const at::Tensor& change, double slope) {
  TORCH_CHECK(sum.sizes() == change.sizes() && sum.scalar_type() == change.scalar_type() && slope > 0,
              "a residual step of ", sum.sizes(), " and ", change.sizes(), "; this is a bug in vits-train");
  // In any order that leaves no gaps; the numbers of both must meet.
  const auto whole = sum.is_non_overlapping_and_dense() ? sum : sum.contiguous();
  const auto made = Residual::apply(whole, in_order_of(whole, change), slope);
  return {made[0], made[1]};
}

}  // namespace vits::model
