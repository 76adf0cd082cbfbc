#include "vits/model/quick_convolution.h"

#include <algorithm>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "quick_transforms.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Fewer channels or tiles, and transforms cost what the products save. Those of the weights' gradient go through
// memory.
constexpr int64_t kLeastChannels = 32, kLeastTiles = 128, kLeastChannelsForWeights = 128;
constexpr int64_t kFiltersATask = 16384;

// What is transformed together fits the second-level cache.
constexpr int64_t kTilesATask = 96;

// The sizes of one convolution.
struct Sizes {
  const FilterPlan* plan;
  int64_t clips, inputs, outputs, samples, results;
  RowTiles input_tiles, output_tiles;
  int64_t row_columns;  // of a clip, with the tiles that only the later groups of taps read
  int64_t columns;      // of all clips
  int64_t margin;       // columns between what the first and the last group see

  Sizes(at::IntArrayRef x, at::IntArrayRef weight, const QuickShape& shape)
      : plan(filter_plan(weight[2])),
        clips(x[0]),
        inputs(x[1]),
        outputs(weight[0]),
        samples(x[2]),
        results(x[2] + 2 * shape.padding - shape.dilation * (weight[2] - 1)),
        input_tiles{samples, shape.padding, shape.dilation},
        output_tiles{results, 0, shape.dilation},
        row_columns(((results + kTile * shape.dilation - 1) / (kTile * shape.dilation) + plan->groups - 1)
                    * shape.dilation),
        columns(clips * row_columns),
        margin((plan->groups - 1) * shape.dilation) {}

  at::Tensor points_of(int64_t channels, const at::TensorOptions& options) const {
    return at::empty({plan->points(), channels, columns}, options);
  }
  // With zeros behind, so that every group of taps sees as many columns, each so many tiles further on.
  at::Tensor points_with_margin_behind(int64_t channels, const at::TensorOptions& options) const {
    auto points = at::empty({plan->points(), channels, columns + margin}, options);
    if (margin > 0) points.narrow(2, columns, margin).zero_();
    return points;
  }
  at::Tensor seen_by(int64_t group, const at::Tensor& points) const {
    return points.narrow(2, group * output_tiles.dilation, columns);
  }
};

// Work over all rows [clips, channels] of a signal and its points, for the threads.
struct Rows {
  int64_t clips, channels, row_columns;
  template <class Work>
  base::Pass pass(const at::Tensor& points, Work work) const {
    float* const data = points.mutable_data_ptr<float>();
    const int64_t step = points.stride(0), channel_step = points.stride(1);
    return {channels, [=, *this](int64_t channel) {
              Scratch scratch;
              for (int64_t clip = 0; clip < clips; ++clip)
                work(clip * channels + channel, channel,
                     Points{data + channel * channel_step + clip * row_columns, row_columns, step}, scratch);
            }};
  }
};

base::Pass input_pass(const Sizes& sizes, const at::Tensor& x, const at::Tensor& points) {
  const float* const from = x.const_data_ptr<float>();
  return Rows{sizes.clips, sizes.inputs, sizes.row_columns}.pass(
      points, [sizes, from](int64_t row, int64_t, Points out, Scratch& scratch) {
        input_points(*sizes.plan, from + row * sizes.samples, sizes.input_tiles, out, scratch);
      });
}

// How the filters of a convolution lie in memory, as seen from the channels that it gives and takes.
struct FilterOrder {
  int64_t lanes, steps, lane_step, step_step;
  bool reversed;
};

// in [clips, inputs, samples] -> [clips, outputs, results]
at::Tensor convolved(const at::Tensor& in, const at::Tensor& weight, const FilterOrder& order, const at::Tensor& bias,
                     const QuickShape& shape) {
  const RowKernels& kernels = *row_kernels();
  const int threads = at::get_num_threads();
  FilterPack filters;
  filters.plan = *filter_plan(weight.size(2));
  filters.lanes = order.lanes;
  filters.steps = order.steps;
  filters.lane_step = order.lane_step;
  filters.step_step = order.step_step;
  filters.reversed = order.reversed;
  const auto packed = at::empty({filters.plan.points() * filters.plan.groups, order.lanes, order.steps}, in.options());
  filters.filters = weight.const_data_ptr<float>();
  filters.packed = packed.mutable_data_ptr<float>();

  SignalConvolution signal;
  signal.plan = filters.plan;
  signal.inputs = order.steps;
  signal.outputs = order.lanes;
  signal.samples = in.size(2);
  signal.padding = shape.padding;
  signal.dilation = shape.dilation;
  signal.results = in.size(2) + 2 * shape.padding - shape.dilation * (weight.size(2) - 1);
  auto out = at::empty({in.size(0), signal.outputs, signal.results}, in.options());
  signal.in = in.const_data_ptr<float>();
  signal.weight = filters.packed;
  signal.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  signal.out = out.mutable_data_ptr<float>();

  const int64_t units = in.size(0) * signal.units_of_a_clip();
  const int64_t rounds = (units * shape.dilation + kTilesATask * threads - 1) / (kTilesATask * threads);
  const int64_t units_a_task = (units + rounds * threads - 1) / (rounds * threads);
  base::run_passes({{order.lanes / kChannelStep, [&](int64_t panel) { kernels.pack_filters(filters, panel); }},
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
  return convolved(x, weight, {outputs, inputs, inputs * kernel, kernel, false}, bias, shape);
}

// A convolution of the results' gradient, outputs for inputs and each filter the other way round.
at::Tensor input_gradient_on_host(const at::Tensor& y_gradient, const at::Tensor& weight, const QuickShape& shape) {
  const int64_t outputs = weight.size(0), inputs = weight.size(1), kernel = weight.size(2);
  return convolved(y_gradient, weight, {inputs, outputs, kernel, inputs * kernel, true}, {},
                   {shape.dilation * (kernel - 1) - shape.padding, shape.dilation});
}

at::Tensor weight_gradient_on_host(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& y_gradient,
                                   const QuickShape& shape) {
  if (std::min(weight.size(0), weight.size(1)) < kLeastChannelsForWeights)
    return std::get<1>(at::convolution_backward(y_gradient, x, weight, at::OptionalIntArrayRef(), /*stride=*/{1},
                                                {shape.padding}, {shape.dilation}, /*transposed=*/false, {0}, 1,
                                                {false, true, false}));
  const Sizes sizes(x.sizes(), weight.sizes(), shape);
  const int threads = at::get_num_threads();
  const float* const from = y_gradient.const_data_ptr<float>();
  const auto outputs = sizes.points_of(sizes.outputs, x.options());
  const auto inputs = sizes.points_with_margin_behind(sizes.inputs, x.options());
  base::run_passes({Rows{sizes.clips, sizes.outputs, sizes.row_columns}.pass(
                        outputs,
                        [&](int64_t row, int64_t, Points out, Scratch& scratch) {
                          output_gradient_points(*sizes.plan, from + row * sizes.results, sizes.output_tiles, out,
                                                 scratch);
                        }),
                    input_pass(sizes, x, inputs)},
                   threads);

  const auto points = at::empty({sizes.plan->groups, sizes.plan->points(), sizes.outputs, sizes.inputs}, x.options());
  for (int64_t group = 0; group < sizes.plan->groups; ++group) {
    auto place = points[group];
    at::bmm_out(place, outputs, sizes.seen_by(group, inputs).transpose(1, 2));
  }
  auto gradient = at::empty(weight.sizes(), weight.options());
  const float* const found = points.const_data_ptr<float>();
  float* const to = gradient.mutable_data_ptr<float>();
  const int64_t count = sizes.inputs * sizes.outputs;
  base::for_each_piece(count, kFiltersATask, threads, [&](int64_t begin, int64_t end) {
    filter_gradient(*sizes.plan, found + begin, end - begin, count, to + begin * sizes.plan->kernel);
  });
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
