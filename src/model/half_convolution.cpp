#include "half_convolution.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <optional>

#include "vits/model/channel_layout.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Fewer in a folded wave, and unfolding costs what the product saves.
constexpr int64_t kLeastFoldedChannels = 32;

// What oneDNN's kernels for groups take at a time, of inputs and of results.
constexpr int64_t kChannelsOfAGroup = 16;

// How far a convolution goes at each step, how much is put around it and how far apart its taps are, along S.
struct Steps {
  int64_t stride, padding, dilation;
};

bool is_folded(const at::Tensor& x) { return x.dim() == 4; }

// A pair for both axes of a plane. A signal's samples lie along the last axis, a folded wave's along the one before.
std::array<int64_t, 2> along(bool folded, int64_t samples, int64_t other) {
  return folded ? std::array{samples, other} : std::array{other, samples};
}

at::Tensor plane_of(const at::Tensor& x) { return is_folded(x) ? x : x.unsqueeze(2); }

// x [B, in, S, P] -> [in * kernel, B * S' * P]: under each tap what it is multiplied with.
at::Tensor unfolded(const at::Tensor& x, int64_t kernel, const Steps& steps) {
  const auto padded = at::constant_pad_nd(x, {0, 0, steps.padding, steps.padding});
  const auto taps = padded.unfold(2, kernel, steps.stride);  // [B, in, S', P, kernel]
  return taps.permute({1, 4, 0, 2, 3}).reshape({x.size(1) * kernel, -1});
}

struct FoldedGradients {
  at::Tensor weight, bias;
};

// Of a folded wave, both by products. A sum in bfloat16 would make float32 of the whole gradient first.
FoldedGradients product_gradients(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight,
                                  const Steps& steps) {
  const auto rows = gradient.transpose(0, 1).reshape({weight.size(0), -1});
  return {at::mm(rows, unfolded(x, weight.size(2), steps).t()).view_as(weight),
          at::mm(rows, at::ones({rows.size(1), 1}, rows.options())).squeeze(1)};
}

bool are_half_on_host(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && x.scalar_type() == at::kBFloat16 && weight.scalar_type() == at::kBFloat16;
}

// [A, C, N * phases] -> [A, C * phases, N]
at::Tensor phases_as_channels(const at::Tensor& x, int64_t phases) {
  return x.unflatten(2, {-1, phases}).transpose(2, 3).reshape({x.size(0), x.size(1) * phases, -1});
}

class HalfConvolution : public torch::autograd::Function<HalfConvolution> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, int64_t stride, int64_t padding, int64_t dilation) {
    const bool folded = is_folded(x);
    const auto planes = folded ? weight : weight.unsqueeze(2).contiguous(at::MemoryFormat::ChannelsLast);
    context->save_for_backward({x, planes});
    context->saved_data["has_bias"] = bias.has_value();
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    const auto y = at::conv2d(plane_of(x), planes, bias, along(folded, stride, 1), along(folded, padding, 0),
                              along(folded, dilation, 1));
    // Not as a view: an activation in place on one would copy the whole gradient twice.
    const at::AutoDispatchBelowADInplaceOrView untracked;
    return folded ? y : y.squeeze(2);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &planes = saved[1];
    const bool folded = is_folded(x), wants_weight = context->needs_input_grad(1),
               wants_bias = context->saved_data["has_bias"].toBool() && context->needs_input_grad(2);
    const Steps steps{context->saved_data["stride"].toInt(), context->saved_data["padding"].toInt(),
                      context->saved_data["dilation"].toInt()};
    const auto gradient = plane_of(gradients[0]);
    const std::array<int64_t, 1> bias_sizes{planes.size(0)};
    auto [of_x, of_planes, of_bias] = at::convolution_backward(
        gradient, plane_of(x), planes, at::OptionalIntArrayRef(bias_sizes), along(folded, steps.stride, 1),
        along(folded, steps.padding, 0), along(folded, steps.dilation, 1), false, {0, 0}, 1,
        {context->needs_input_grad(0), wants_weight && !folded, wants_bias && !folded});
    if (folded && (wants_weight || wants_bias)) {
      const FoldedGradients products = product_gradients(gradient, x, planes, steps);
      of_planes = products.weight;
      of_bias = products.bias;
    }
    if (!folded && of_x.defined()) of_x = of_x.squeeze(2);
    if (!folded && of_planes.defined()) of_planes = of_planes.squeeze(2);
    return {of_x,
            wants_weight ? of_planes : at::Tensor(),
            wants_bias ? of_bias : at::Tensor(),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

bool suits_half_convolution(const at::Tensor& x, const at::Tensor& weight) {
  if (!are_half_on_host(x, weight)) return false;
  if (is_folded(x)) return std::min(weight.size(0), weight.size(1)) >= kLeastFoldedChannels;
  return is_in_quick_order(x);
}

at::Tensor half_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const ConvolutionShape& shape) {
  return HalfConvolution::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, shape.stride,
                                shape.padding, shape.dilation);
}

bool suits_convolution_by_phases(const at::Tensor& x, const at::Tensor& weight, const ConvolutionShape& shape) {
  return are_half_on_host(x, weight) && shape.groups > 1 && shape.stride > 1 && shape.dilation == 1
         && weight.size(1) % kChannelsOfAGroup != 0 && weight.size(1) * shape.stride % kChannelsOfAGroup == 0
         && shape.out_channels / shape.groups % kChannelsOfAGroup == 0;
}

at::Tensor convolution_by_phases(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 const ConvolutionShape& shape) {
  const int64_t taps = (shape.kernel + shape.stride - 1) / shape.stride;  // of every phase
  const int64_t results = (x.size(2) + 2 * shape.padding - shape.kernel) / shape.stride + 1;
  const int64_t samples = (results + taps - 1) * shape.stride;
  const auto padded = at::constant_pad_nd(x, {shape.padding, samples - x.size(2) - shape.padding});
  const auto filters = at::constant_pad_nd(weight, {0, taps * shape.stride - shape.kernel});
  return at::conv1d(phases_as_channels(padded, shape.stride), phases_as_channels(filters, shape.stride), bias,
                    /*stride=*/at::IntArrayRef{1}, /*padding=*/at::IntArrayRef{0}, /*dilation=*/at::IntArrayRef{1},
                    shape.groups);
}

}  // namespace vits::model
