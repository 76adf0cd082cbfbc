#include "spline.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "spline_elements.h"
#include "vits/model/kernel_call.h"

namespace vits::model {

namespace {

void check(const at::Tensor& value, const SplineKnots& knots, const at::Tensor& token_mask) {
  const at::Tensor& raw = knots.raw;
  TORCH_CHECK(value.dim() == 3 && value.size(1) == 1 && token_mask.sizes() == value.sizes() && raw.dim() == 3
                  && raw.size(0) == value.size(0) && raw.size(1) % 3 == 2 && raw.size(2) == value.size(2)
                  && raw.device() == value.device() && token_mask.device() == value.device(),
              "splines of ", value.sizes(), " on ", value.device(), " got knots ", raw.sizes(), " on ", raw.device(),
              " and a mask ", token_mask.sizes(), " on ", token_mask.device(), "; this is a bug in vits-train");
}

SplineExtent extent_of(const at::Tensor& raw, double scale, double bound) {
  return {raw.size(0), raw.size(2), (raw.size(1) + 1) / 3, bound, scale};
}

template <class Problem>
void run(const char* name, const Problem& problem, const at::Device& device) {
  call_kernel(
      name, device, [&] { spline_cpu(problem); }, [&](auto stream) { return spline_cuda(problem, stream); });
}

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class SplineFunction : public torch::autograd::Function<SplineFunction> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& raw,
                               const at::Tensor& mask, double scale, double bound) {
    context->save_for_backward({x, raw, mask});
    context->saved_data["scale"] = scale;
    context->saved_data["bound"] = bound;
    context->set_materialize_grads(false);
    const auto y = at::empty(x.sizes(), x.options()), log_determinant = at::empty({x.size(0)}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spline", [&] {
      run("vits::spline",
          SplineForward<scalar_t>{extent_of(raw, scale, bound), x.const_data_ptr<scalar_t>(),
                                  raw.const_data_ptr<scalar_t>(), mask.const_data_ptr<scalar_t>(),
                                  y.mutable_data_ptr<scalar_t>(), log_determinant.mutable_data_ptr<scalar_t>()},
          x.device());
    });
    return {y, log_determinant};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "splines have no second derivative; this is a bug in vits-train");
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &raw = saved[1], &mask = saved[2];
    const auto extent =
        extent_of(raw, context->saved_data["scale"].toDouble(), context->saved_data["bound"].toDouble());
    const auto y_gradient = gradients[0].defined() ? gradients[0].contiguous() : at::Tensor();
    const auto log_determinant_gradient = gradients[1].defined() ? gradients[1].contiguous() : at::Tensor();
    const auto x_gradient = at::empty(x.sizes(), x.options()), raw_gradient = at::empty(raw.sizes(), raw.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spline_backward", [&] {
      run("vits::spline_backward",
          SplineBackward<scalar_t>{extent, data_or_null<scalar_t>(x), data_or_null<scalar_t>(raw),
                                   data_or_null<scalar_t>(mask), data_or_null<scalar_t>(y_gradient),
                                   data_or_null<scalar_t>(log_determinant_gradient),
                                   x_gradient.mutable_data_ptr<scalar_t>(), raw_gradient.mutable_data_ptr<scalar_t>()},
          x.device());
    });
    return {x_gradient, raw_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

// Half precision is read as float32.
at::ScalarType stored(const at::Tensor& value) { return value.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

}  // namespace

SplineValue spline(const at::Tensor& x, const SplineKnots& knots, const at::Tensor& token_mask) {
  check(x, knots, token_mask);
  const auto dtype = stored(x);
  const auto values = SplineFunction::apply(x.to(dtype).contiguous(), knots.raw.to(dtype).contiguous(),
                                            token_mask.to(dtype).contiguous(), knots.scale, knots.bound);
  return {values[0].to(x.scalar_type()), values[1].to(x.scalar_type())};
}

at::Tensor spline_inverse(const at::Tensor& y, const SplineKnots& knots, const at::Tensor& token_mask) {
  check(y, knots, token_mask);
  TORCH_CHECK(!at::GradMode::is_enabled() || !(y.requires_grad() || knots.raw.requires_grad()),
              "the inverse of a spline has no gradient; this is a bug in vits-train");
  const auto dtype = stored(y);
  const auto from = y.to(dtype).contiguous(), raw = knots.raw.to(dtype).contiguous();
  const auto mask = token_mask.to(dtype).contiguous(), x = at::empty(y.sizes(), from.options());
  AT_DISPATCH_FLOATING_TYPES(dtype, "spline_inverse", [&] {
    run("vits::spline_inverse",
        SplineInverse<scalar_t>{extent_of(raw, knots.scale, knots.bound), from.const_data_ptr<scalar_t>(),
                                raw.const_data_ptr<scalar_t>(), mask.const_data_ptr<scalar_t>(),
                                x.mutable_data_ptr<scalar_t>()},
        y.device());
  });
  return x.to(y.scalar_type());
}

}  // namespace vits::model
