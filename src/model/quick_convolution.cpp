#include "vits/model/quick_convolution.h"

#include <algorithm>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "filter_gradient.h"
#include "signal_convolution.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Fewer channels or tiles, and transforms cost what the products save.
constexpr int64_t kLeastChannels = 32, kLeastTiles = 128;

// What is transformed together fits the second-level cache.
constexpr int64_t kTilesATask = 96;

// in [clips, filters.steps, samples] -> [clips, filters.lanes, results]
at::Tensor convolved(const at::Tensor& in, FilterPack filters, const at::Tensor& bias, const QuickShape& shape) {
  const int64_t results = in.size(2) + 2 * shape.padding - shape.dilation * (filters.plan.kernel - 1);
  const auto packed =
      at::empty({filters.plan.points() * filters.plan.groups, filters.lanes, filters.steps}, in.options());
  auto out = at::empty({in.size(0), filters.lanes, results}, in.options());
  filters.packed = packed.mutable_data_ptr<float>();
  const SignalConvolution signal{.in = in.const_data_ptr<float>(),
                                 .weight = filters.packed,
                                 .bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                                 .out = out.mutable_data_ptr<float>(),
                                 .plan = filters.plan,
                                 .inputs = filters.steps,
                                 .outputs = filters.lanes,
                                 .samples = in.size(2),
                                 .results = results,
                                 .padding = shape.padding,
                                 .dilation = shape.dilation};

  const RowKernels& kernels = *row_kernels();
  const int threads = at::get_num_threads();
  const int64_t units = in.size(0) * signal.units_of_a_clip(), tiles_a_round = kTilesATask * threads;
  const int64_t tasks = (units * shape.dilation + tiles_a_round - 1) / tiles_a_round * threads;
  const int64_t units_a_task = (units + tasks - 1) / tasks;
  base::run_passes({{filters.lanes / kChannelStep, [&](int64_t panel) { kernels.pack_filters(filters, panel); }},
                    {(units + units_a_task - 1) / units_a_task,
                     [&](int64_t task) {
                       const int64_t first = task * units_a_task, count = std::min(units_a_task, units - first);
                       const auto scratch = at::empty({SignalScratch(signal, count).size()}, in.options());
                       kernels.convolve_signal(signal, first, count, scratch.mutable_data_ptr<float>());
                     }}},
                   threads);
  return out;
}

at::Tensor forward_on_host(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           const QuickShape& shape) {
  const int64_t outputs = weight.size(0), inputs = weight.size(1), kernel = weight.size(2);
  return convolved(x,
                   {.filters = weight.const_data_ptr<float>(),
                    .plan = *filter_plan(kernel),
                    .lanes = outputs,
                    .steps = inputs,
                    .lane_step = inputs * kernel,
                    .step_step = kernel},
                   bias, shape);
}

// A convolution of the results' gradient, outputs for inputs and each filter the other way round.
at::Tensor input_gradient_on_host(const at::Tensor& y_gradient, const at::Tensor& weight, const QuickShape& shape) {
  const int64_t outputs = weight.size(0), inputs = weight.size(1), kernel = weight.size(2);
  return convolved(y_gradient,
                   {.filters = weight.const_data_ptr<float>(),
                    .plan = *filter_plan(kernel),
                    .lanes = inputs,
                    .steps = outputs,
                    .lane_step = kernel,
                    .step_step = inputs * kernel,
                    .reversed = true},
                   {}, {shape.dilation * (kernel - 1) - shape.padding, shape.dilation});
}

at::Tensor weight_gradient_on_host(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& y_gradient,
                                   const QuickShape& shape) {
  const int64_t outputs = weight.size(0), inputs = weight.size(1);
  FilterGradient g{.in = x.const_data_ptr<float>(),
                   .results = y_gradient.const_data_ptr<float>(),
                   .plan = *filter_plan(weight.size(2)),
                   .clips = x.size(0),
                   .inputs = inputs,
                   .outputs = outputs,
                   .samples = x.size(2),
                   .result_samples = y_gradient.size(2),
                   .padding = shape.padding,
                   .dilation = shape.dilation};
  const int64_t points = g.plan.points(), groups = g.plan.groups, behind = (groups - 1) * kChannelStep;
  const auto in_points = at::empty({points * inputs / kChannelStep, g.panel()}, x.options());
  in_points.narrow(1, g.panel() - behind, behind).zero_();
  const auto result_points = at::empty({points * outputs / kChannelStep, g.panel()}, x.options());
  const auto products = at::empty({groups * points, outputs, inputs}, x.options());
  auto gradient = at::empty(weight.sizes(), weight.options());
  g.in_points = in_points.mutable_data_ptr<float>();
  g.result_points = result_points.mutable_data_ptr<float>();
  g.products = products.mutable_data_ptr<float>();
  g.gradient = gradient.mutable_data_ptr<float>();

  const RowKernels& kernels = *row_kernels();
  const int64_t tiles = g.tiles(), tiles_a_task = std::min(tiles, std::max<int64_t>(1, kTilesATask / shape.dilation));
  const int64_t tasks_a_clip = (tiles + tiles_a_task - 1) / tiles_a_task, output_panels = outputs / kChannelStep;
  base::run_passes({{g.clips * tasks_a_clip,
                     [&](int64_t task) {
                       const int64_t first = task % tasks_a_clip * tiles_a_task;
                       const auto rows = at::empty({g.rows_of(tiles_a_task), std::max(inputs, outputs)}, x.options());
                       kernels.transform_signals(g, task / tasks_a_clip, first, std::min(tiles_a_task, tiles - first),
                                                 rows.mutable_data_ptr<float>());
                     }},
                    {groups * points * output_panels,
                     [&](int64_t task) {
                       const int64_t place = task / output_panels;
                       kernels.multiply_points(g, place % groups, place / groups, task % output_panels);
                     }},
                    {outputs, [&](int64_t output) { kernels.finish_filters(g, output); }}},
                   at::get_num_threads());
  return gradient;
}

class QuickConvolution : public torch::autograd::Function<QuickConvolution> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, int64_t padding, int64_t dilation) {
    RECORD_FUNCTION("vits::quick_convolution", c10::ArrayRef<const c10::IValue>{});
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = bias.has_value();
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    return forward_on_host(x, weight, bias.value_or(at::Tensor()), {padding, dilation});
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    RECORD_FUNCTION("vits::quick_convolution_backward", c10::ArrayRef<const c10::IValue>{});
    const auto saved = context->get_saved_variables();
    const QuickShape shape{context->saved_data["padding"].toInt(), context->saved_data["dilation"].toInt()};
    const auto y_gradient = gradients[0].contiguous();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const bool wants_bias = context->saved_data["has_bias"].toBool() && context->needs_input_grad(2);
    const auto bias = wants_bias ? y_gradient.sum(at::IntArrayRef{0, 2}) : at::Tensor();
    return {context->needs_input_grad(0) ? input_gradient_on_host(y_gradient, weight, shape) : at::Tensor(),
            context->needs_input_grad(1) ? weight_gradient_on_host(x, weight, y_gradient, shape) : at::Tensor(), bias,
            at::Tensor(), at::Tensor()};
  }
};

}  // namespace

bool suits_quick_convolution(const at::Tensor& x, const at::Tensor& weight, const QuickShape& shape) {
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || weight.scalar_type() != at::kFloat) return false;
  if (at::autocast::is_autocast_enabled(at::kCPU) || !filter_plan(weight.size(2)) || !row_kernels()) return false;
  if (weight.size(0) % kChannelStep != 0 || weight.size(1) % kChannelStep != 0) return false;
  const int64_t results = x.size(2) + 2 * shape.padding - shape.dilation * (weight.size(2) - 1);
  return std::min(weight.size(0), weight.size(1)) >= kLeastChannels && x.size(0) * results >= kLeastTiles * kTile
         && results >= kTile * shape.dilation;
}

at::Tensor quick_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const QuickShape& shape) {
  const auto biases = bias.defined() ? std::optional(bias) : std::nullopt;
  return QuickConvolution::apply(x.contiguous(), weight.contiguous(), biases, shape.padding, shape.dilation);
}

}  // namespace vits::model
