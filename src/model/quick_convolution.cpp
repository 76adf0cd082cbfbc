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

// Fewer channels or tiles, and transforms cost what the products save.
constexpr int64_t kLeastChannels = 128, kLeastTiles = 128;
constexpr int64_t kFiltersATask = 16384;

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
        row_columns(((results + kTileOutputs * shape.dilation - 1) / (kTileOutputs * shape.dilation) + plan->groups - 1)
                    * shape.dilation),
        columns(clips * row_columns),
        margin((plan->groups - 1) * shape.dilation) {}

  at::Tensor points_of(int64_t channels, const at::TensorOptions& options) const {
    return at::empty({plan->points, channels, columns}, options);
  }
  // With zeros behind, so that every group of taps sees as many columns, each so many tiles further on.
  at::Tensor points_with_margin_behind(int64_t channels, const at::TensorOptions& options) const {
    return points_with_zeros(columns, channels, options);
  }
  at::Tensor seen_by(int64_t group, const at::Tensor& points) const {
    return points.narrow(2, group * output_tiles.dilation, columns);
  }
  // With zeros before, for the way back: the columns from which a group's gradient reaches each input.
  at::Tensor points_with_margin_before(int64_t channels, const at::TensorOptions& options) const {
    return points_with_zeros(0, channels, options);
  }
  at::Tensor reached_from(int64_t group, const at::Tensor& points) const {
    return points.narrow(2, margin - group * output_tiles.dilation, columns);
  }

 private:
  at::Tensor points_with_zeros(int64_t from, int64_t channels, const at::TensorOptions& options) const {
    auto points = at::empty({plan->points, channels, columns + margin}, options);
    if (margin > 0) points.narrow(2, from, margin).zero_();
    return points;
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

base::Pass filter_pass(const Sizes& sizes, const at::Tensor& weight, const at::Tensor& points) {
  const float* const from = weight.const_data_ptr<float>();
  float* const to = points.mutable_data_ptr<float>();
  const int64_t filters = sizes.inputs * sizes.outputs, kernel = sizes.plan->kernel;
  return {(filters + kFiltersATask - 1) / kFiltersATask, [=](int64_t task) {
            const int64_t begin = task * kFiltersATask, count = std::min(kFiltersATask, filters - begin);
            filter_points(*sizes.plan, from + begin * kernel, count, to + begin, filters);
          }};
}

at::Tensor empty_filters(const Sizes& sizes, const at::TensorOptions& options) {
  return at::empty({sizes.plan->groups, sizes.plan->points, sizes.outputs, sizes.inputs}, options);
}

at::Tensor forward_on_host(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           const QuickShape& shape) {
  const Sizes sizes(x.sizes(), weight.sizes(), shape);
  const auto points = sizes.points_with_margin_behind(sizes.inputs, x.options());
  const auto filters = empty_filters(sizes, x.options());
  base::run_passes({input_pass(sizes, x, points), filter_pass(sizes, weight, filters)}, at::get_num_threads());

  auto results = sizes.points_of(sizes.outputs, x.options());
  at::bmm_out(results, filters[0], sizes.seen_by(0, points));
  for (int64_t group = 1; group < sizes.plan->groups; ++group)
    results.baddbmm_(filters[group], sizes.seen_by(group, points));
  auto y = at::empty({sizes.clips, sizes.outputs, sizes.results}, x.options());
  float* const to = y.mutable_data_ptr<float>();
  const float* const biases = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  const Rows rows{sizes.clips, sizes.outputs, sizes.row_columns};
  base::run_passes({rows.pass(results,
                              [&](int64_t row, int64_t channel, Points from, Scratch& scratch) {
                                output_row(*sizes.plan, from, sizes.output_tiles, biases ? biases[channel] : 0.0f,
                                           to + row * sizes.results, scratch);
                              })},
                   at::get_num_threads());
  return y;
}

struct Gradients {
  at::Tensor x, weight;  // undefined where none is wanted
};

Gradients backward_on_host(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& y_gradient, bool wants_x,
                           bool wants_weight, const QuickShape& shape) {
  const Sizes sizes(x.sizes(), weight.sizes(), shape);
  const int threads = at::get_num_threads();
  const float* const from = y_gradient.const_data_ptr<float>();
  const auto points = sizes.points_with_margin_before(sizes.outputs, x.options());
  const auto own = sizes.reached_from(0, points);
  const auto filters = wants_x ? empty_filters(sizes, x.options()) : at::Tensor();
  const auto inputs = wants_weight ? sizes.points_with_margin_behind(sizes.inputs, x.options()) : at::Tensor();
  std::vector<base::Pass> passes{Rows{sizes.clips, sizes.outputs, sizes.row_columns}.pass(
      own, [&](int64_t row, int64_t, Points out, Scratch& scratch) {
        output_gradient_points(*sizes.plan, from + row * sizes.results, sizes.output_tiles, out, scratch);
      })};
  if (wants_x) passes.push_back(filter_pass(sizes, weight, filters));
  if (wants_weight) passes.push_back(input_pass(sizes, x, inputs));
  base::run_passes(passes, threads);

  Gradients gradients;
  if (wants_weight) {
    const auto filter_gradients = empty_filters(sizes, x.options());
    for (int64_t group = 0; group < sizes.plan->groups; ++group) {
      auto place = filter_gradients[group];
      at::bmm_out(place, own, sizes.seen_by(group, inputs).transpose(1, 2));
    }
    gradients.weight = at::empty(weight.sizes(), weight.options());
    const float* const found = filter_gradients.const_data_ptr<float>();
    float* const to = gradients.weight.mutable_data_ptr<float>();
    const int64_t count = sizes.inputs * sizes.outputs;
    base::for_each_piece(count, kFiltersATask, threads, [&](int64_t begin, int64_t end) {
      filter_gradient(*sizes.plan, found + begin, end - begin, count, to + begin * sizes.plan->kernel);
    });
  }
  if (wants_x) {
    auto sums = sizes.points_of(sizes.inputs, x.options());
    at::bmm_out(sums, filters[0].transpose(1, 2), own);
    for (int64_t group = 1; group < sizes.plan->groups; ++group)
      sums.baddbmm_(filters[group].transpose(1, 2), sizes.reached_from(group, points));
    gradients.x = at::empty(x.sizes(), x.options());
    float* const to = gradients.x.mutable_data_ptr<float>();
    base::run_passes({Rows{sizes.clips, sizes.inputs, sizes.row_columns}.pass(
                         sums,
                         [&](int64_t row, int64_t, Points place, Scratch& scratch) {
                           input_gradient(*sizes.plan, place, sizes.input_tiles, to + row * sizes.samples, scratch);
                         })},
                     threads);
  }
  return gradients;
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
    const auto [x, weight] = backward_on_host(saved[0], saved[1], y_gradient, context->needs_input_grad(0),
                                              context->needs_input_grad(1), shape);
    const bool wants_bias = context->saved_data["has_bias"].toBool() && context->needs_input_grad(2);
    const auto bias = wants_bias ? y_gradient.sum(at::IntArrayRef{0, 2}) : at::Tensor();
    return {x, weight, bias, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

bool suits_quick_convolution(const at::Tensor& x, const at::Tensor& weight, const QuickShape& shape) {
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || weight.scalar_type() != at::kFloat) return false;
  if (at::autocast::is_autocast_enabled(at::kCPU) || !filter_plan(weight.size(2))) return false;
  const int64_t results = x.size(2) + 2 * shape.padding - shape.dilation * (weight.size(2) - 1);
  return std::min(weight.size(0), weight.size(1)) >= kLeastChannels && x.size(0) * results >= kLeastTiles * kTileOutputs
         && results >= kTileOutputs * shape.dilation;
}

at::Tensor quick_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const QuickShape& shape) {
  const auto biases = bias.defined() ? std::optional(bias) : std::nullopt;
  return QuickConvolution::apply(x.contiguous(), weight.contiguous(), biases, shape.padding, shape.dilation);
}

}  // namespace vits::model
