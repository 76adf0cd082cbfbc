#include "vits/model/gated_step.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "gated_elements.h"
#include "vits/model/channel_layout.h"
#include "vits/model/kernel_call.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Problem>
void run_gate(const char* name, const Problem& problem, const at::Device& device) {
  call_kernel(
      name, device, [&] { gated_cpu(problem); }, [&](auto stream) { return gated_cuda(problem, stream); });
}

// x: [B, 2 H, F]
GateExtent gate_extent(const at::Tensor& x) { return {x.size(0), x.size(1) / 2, x.size(2)}; }

at::Tensor empty_half(const at::Tensor& x) { return at::empty({x.size(0), x.size(1) / 2, x.size(2)}, x.options()); }

class Gate : public torch::autograd::Function<Gate> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const std::optional<at::Tensor>& condition) {
    const auto added = condition.value_or(at::Tensor());
    context->save_for_backward({x, added});
    auto y = empty_half(x);
    VITS_FOR_NUMBERS_OF(x, "gated_step", [&] {
      run_gate("vits::gate",
               GateForward<scalar_t>{gate_extent(x), data_or_null<scalar_t>(x), data_or_null<scalar_t>(added),
                                     y.mutable_data_ptr<scalar_t>()},
               x.device());
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& added = saved[1];
    const auto y_gradient = gradients[0].contiguous(), x_gradient = at::empty(x.sizes(), x.options());
    VITS_FOR_NUMBERS_OF(x, "gated_step", [&] {
      run_gate("vits::gate_backward",
               GateBackward<scalar_t>{gate_extent(x), data_or_null<scalar_t>(x), data_or_null<scalar_t>(added),
                                      data_or_null<scalar_t>(y_gradient), x_gradient.mutable_data_ptr<scalar_t>()},
               x.device());
    });
    return {x_gradient, added.defined() ? x_gradient.sum(2, /*keepdim=*/true) : at::Tensor()};
  }
};

class Step : public torch::autograd::Function<Step> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& hidden, const std::optional<at::Tensor>& sum,
                               const at::Tensor& change, const at::Tensor& mask) {
    context->save_for_backward({mask});
    context->saved_data["has_sum"] = sum.has_value();
    context->set_materialize_grads(false);
    const auto next_hidden = empty_half(change), next_sum = empty_half(change);
    VITS_FOR_NUMBERS_OF(change, "gated_step", [&] {
      run_gate("vits::layer_step",
               StepForward<scalar_t>{gate_extent(change), data_or_null<scalar_t>(hidden),
                                     data_or_null<scalar_t>(sum.value_or(at::Tensor())), data_or_null<scalar_t>(change),
                                     data_or_null<scalar_t>(mask), next_hidden.mutable_data_ptr<scalar_t>(),
                                     next_sum.mutable_data_ptr<scalar_t>()},
               change.device());
    });
    return {next_hidden, next_sum};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto mask = context->get_saved_variables()[0];
    const auto of_hidden = gradients[0].defined() ? gradients[0].contiguous() : at::Tensor();
    const auto of_sum = gradients[1].defined() ? gradients[1].contiguous() : at::Tensor();
    const at::Tensor& one = of_hidden.defined() ? of_hidden : of_sum;
    const auto from_hidden = at::empty(one.sizes(), one.options());
    const auto from_change = at::empty({one.size(0), 2 * one.size(1), one.size(2)}, one.options());
    VITS_FOR_NUMBERS_OF(one, "gated_step", [&] {
      run_gate(
          "vits::layer_step_backward",
          StepBackward<scalar_t>{gate_extent(from_change), data_or_null<scalar_t>(mask),
                                 data_or_null<scalar_t>(of_hidden), data_or_null<scalar_t>(of_sum),
                                 from_hidden.mutable_data_ptr<scalar_t>(), from_change.mutable_data_ptr<scalar_t>()},
          one.device());
    });
    const bool has_sum = context->saved_data["has_sum"].toBool();
    return {from_hidden, has_sum ? of_sum : at::Tensor(), from_change, at::Tensor()};
  }
};

// A signal laid together is to these operators one of a clip for each moment, whose frames are the channels:
// [B, parts * H, F] -> [B F, parts, H], the same memory.
at::Tensor moments_of(const at::Tensor& x, int64_t parts) {
  return x.transpose(1, 2).reshape({x.size(0) * x.size(2), parts, x.size(1) / parts}).contiguous();
}

// [B F, 1, H] -> [B, H, F]
at::Tensor signal_of(const at::Tensor& moments, int64_t clips) {
  return moments.view({clips, moments.size(0) / clips, moments.size(2)}).transpose(1, 2);
}

}  // namespace

at::Tensor gated(const at::Tensor& x, const at::Tensor& condition) {
  const auto added = condition.defined() ? condition.to(x.scalar_type()) : condition;
  if (is_in_quick_order(x))
    return signal_of(Gate::apply(moments_of(added.defined() ? x + added : x, 2), std::nullopt), x.size(0));
  return Gate::apply(x.contiguous(), added.defined() ? std::optional(added.contiguous()) : std::nullopt);
}

LayerStep layer_step(const at::Tensor& hidden, const at::Tensor& sum, const at::Tensor& change,
                     const at::Tensor& frame_mask) {
  const bool together = is_in_quick_order(change);
  const auto like = [&](const at::Tensor& tensor) {
    const auto rounded = tensor.to(change.scalar_type());
    return together ? moments_of(rounded, 1) : rounded.contiguous();
  };
  const auto sums = sum.defined() ? std::optional(like(sum)) : std::nullopt;
  const auto made = together
                        ? Step::apply(like(hidden), sums, moments_of(change, 2), like(frame_mask.expand_as(hidden)))
                        : Step::apply(like(hidden), sums, change.contiguous(), like(frame_mask));
  if (!together) return {made[0], made[1]};
  return {signal_of(made[0], hidden.size(0)), signal_of(made[1], hidden.size(0))};
}

}  // namespace vits::model
