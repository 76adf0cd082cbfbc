#include "spline.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/accumulate.h>
#include <torch/csrc/autograd/custom_function.h>

#include "spline_elements.h"
#include "vits/model/kernel_call.h"

namespace vits::model {

namespace {

void check(const at::Tensor& value, const SplineKnots& knots) {
  const auto check_knots = [&](const at::Tensor& raw, int64_t count, const char* what) {
    TORCH_CHECK(raw.dim() == value.dim() + 1 && raw.sizes().slice(0, value.dim()) == value.sizes()
                    && raw.size(-1) == count && raw.device() == value.device(),
                what, " of splines are ", raw.sizes(), " on ", raw.device(), " for values ", value.sizes(), " on ",
                value.device(), "; this is a bug in vits-train");
  };
  TORCH_CHECK(knots.widths.dim() > 0 && knots.widths.size(-1) > 0, "splines need widths; this is a bug in vits-train");
  const int64_t bins = knots.widths.size(-1);
  check_knots(knots.widths, bins, "widths");
  check_knots(knots.heights, bins, "heights");
  check_knots(knots.slopes, bins - 1, "slopes");
}

SplineExtent extent_of(const at::Tensor& value, const SplineKnots& knots, double bound) {
  if (value.dim() == 0) return {1, 1, knots.widths.size(-1), bound};
  const auto outer = value.sizes().slice(0, static_cast<size_t>(value.dim() - 1));
  return {c10::multiply_integers(outer), value.size(-1), knots.widths.size(-1), bound};
}

// [outer, inner] and [outer, inner, bins]: views of what the network gives, though they are not contiguous; a copy
// where no view can be.
at::Tensor as_numbers(const at::Tensor& tensor, const SplineExtent& extent) {
  return tensor.defined() ? tensor.detach().reshape({extent.outer, extent.inner}) : tensor;
}

SplineKnots as_rows(const SplineKnots& knots, const SplineExtent& extent) {
  const auto rows = [&](const at::Tensor& raw, int64_t count) {
    return raw.detach().reshape({extent.outer, extent.inner, count});
  };
  return {rows(knots.widths, extent.bins), rows(knots.heights, extent.bins), rows(knots.slopes, extent.bins - 1)};
}

template <typename T>
SplineNumbers<const T> read(const at::Tensor& numbers) {
  if (!numbers.defined()) return {};
  return {numbers.const_data_ptr<T>(), numbers.stride(0), numbers.stride(1)};
}

template <typename T>
SplineNumbers<T> write(const at::Tensor& numbers) {
  return {numbers.mutable_data_ptr<T>(), numbers.stride(0), numbers.stride(1)};
}

template <typename T>
SplineRowsOfKnots<const T> read(const SplineKnots& knots) {
  const auto rows = [](const at::Tensor& raw) {
    return SplineRows<const T>{raw.const_data_ptr<T>(), raw.stride(0), raw.stride(1), raw.stride(2)};
  };
  return {rows(knots.widths), rows(knots.heights), rows(knots.slopes)};
}

template <typename T>
SplineRowsOfKnots<T> write(const SplineKnots& knots) {
  const auto rows = [](const at::Tensor& raw) {
    return SplineRows<T>{raw.mutable_data_ptr<T>(), raw.stride(0), raw.stride(1), raw.stride(2)};
  };
  return {rows(knots.widths), rows(knots.heights), rows(knots.slopes)};
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
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& widths,
                               const at::Tensor& heights, const at::Tensor& slopes, double bound) {
    context->save_for_backward({x, widths, heights, slopes});
    context->saved_data["bound"] = bound;
    context->set_materialize_grads(false);
    const auto extent = extent_of(x, {widths, heights, slopes}, bound);
    const auto numbers = as_numbers(x, extent);
    const auto rows = as_rows({widths, heights, slopes}, extent);
    const auto y = at::empty(x.sizes(), x.options()), log_slope = at::empty(x.sizes(), x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spline", [&] {
      run("vits::spline",
          SplineForward<scalar_t>{extent, read<scalar_t>(numbers), read<scalar_t>(rows),
                                  write<scalar_t>(as_numbers(y, extent)),
                                  write<scalar_t>(as_numbers(log_slope, extent))},
          x.device());
    });
    return {y, log_slope};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "splines have no second derivative; this is a bug in vits-train");
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const SplineKnots knots{saved[1], saved[2], saved[3]};
    const auto extent = extent_of(x, knots, context->saved_data["bound"].toDouble());
    const auto numbers = as_numbers(x, extent);
    const auto y_gradient = as_numbers(gradients[0], extent), log_slope_gradient = as_numbers(gradients[1], extent);
    const auto rows = as_rows(knots, extent);
    const auto x_gradient = at::empty(x.sizes(), x.options());
    const SplineKnots knot_gradients{at::empty_like(rows.widths), at::empty_like(rows.heights),
                                     at::empty_like(rows.slopes)};
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spline_backward", [&] {
      run("vits::spline_backward",
          SplineBackward<scalar_t>{extent, read<scalar_t>(numbers), read<scalar_t>(rows), read<scalar_t>(y_gradient),
                                   read<scalar_t>(log_slope_gradient), write<scalar_t>(as_numbers(x_gradient, extent)),
                                   write<scalar_t>(knot_gradients)},
          x.device());
    });
    return {x_gradient, knot_gradients.widths.view(knots.widths.sizes()),
            knot_gradients.heights.view(knots.heights.sizes()), knot_gradients.slopes.view(knots.slopes.sizes()),
            at::Tensor()};
  }
};

// Half precision is read as float32.
at::ScalarType stored(const at::Tensor& value) { return value.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

SplineKnots converted(const SplineKnots& knots, at::ScalarType dtype) {
  return {knots.widths.to(dtype), knots.heights.to(dtype), knots.slopes.to(dtype)};
}

}  // namespace

SplineValue spline(const at::Tensor& x, const SplineKnots& knots, double bound) {
  check(x, knots);
  const auto dtype = stored(x);
  const auto [widths, heights, slopes] = converted(knots, dtype);
  const auto values = SplineFunction::apply(x.to(dtype), widths, heights, slopes, bound);
  return {values[0].to(x.scalar_type()), values[1].to(x.scalar_type())};
}

at::Tensor spline_inverse(const at::Tensor& y, const SplineKnots& knots, double bound) {
  check(y, knots);
  TORCH_CHECK(!at::GradMode::is_enabled()
                  || !(y.requires_grad() || knots.widths.requires_grad() || knots.heights.requires_grad()
                       || knots.slopes.requires_grad()),
              "the inverse of a spline has no gradient; this is a bug in vits-train");
  const auto dtype = stored(y);
  const auto extent = extent_of(y, knots, bound);
  const auto numbers = as_numbers(y.to(dtype), extent);
  const auto rows = as_rows(converted(knots, dtype), extent);
  const auto x = at::empty(y.sizes(), numbers.options());
  AT_DISPATCH_FLOATING_TYPES(dtype, "spline_inverse", [&] {
    run("vits::spline_inverse",
        SplineInverse<scalar_t>{extent, read<scalar_t>(numbers), read<scalar_t>(rows),
                                write<scalar_t>(as_numbers(x, extent))},
        y.device());
  });
  return x.to(y.scalar_type());
}

}  // namespace vits::model
