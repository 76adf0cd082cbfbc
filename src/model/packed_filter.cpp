#include "packed_filter.h"

#include <ATen/ATen.h>

#include "toom_cook.h"

namespace vits::model {

namespace {

// [..., O, I] -> [..., O', I'] with zeros
at::Tensor pad_channels(const at::Tensor& filter) {
  const int64_t outputs = filter.size(-2), inputs = filter.size(-1);
  return at::constant_pad_nd(filter, {0, padded_channels(inputs) - inputs, 0, padded_channels(outputs) - outputs});
}

at::Tensor pad_bias(const at::Tensor& bias, int64_t outputs) {
  return bias.defined() ? at::constant_pad_nd(bias.detach(), {0, outputs - bias.size(0)}).contiguous()
                        : at::zeros({outputs});
}

// [points, taps, O', I'] -> [points, O' / step, taps, I', step]
at::Tensor in_panels(const at::Tensor& filter) {
  const auto sizes = filter.sizes();
  return filter.view({sizes[0], sizes[1], sizes[2] / kChannelStep, kChannelStep, sizes[3]})
      .permute({0, 2, 1, 4, 3})
      .contiguous();
}

template <int kTaps>
at::Tensor filter_transform() {
  constexpr ToomCook<kTile, kTaps> transform;
  auto matrix = at::empty({transform.points, kTaps}, at::kDouble);
  for (int point = 0; point < transform.points; ++point)
    for (int tap = 0; tap < kTaps; ++tap) matrix[point][tap] = transform.filter[point][tap];
  return matrix;
}

}  // namespace

PlainFilter::PlainFilter(const at::Tensor& filter, const at::Tensor& bias_of_outputs)
    : inputs(padded_channels(filter.size(1))), outputs(padded_channels(filter.size(0))), taps(filter.size(2)) {
  weight = in_panels(pad_channels(filter.detach().permute({2, 0, 1})).unsqueeze(0));
  if (bias_of_outputs.defined()) bias = pad_bias(bias_of_outputs, outputs);
}

RowProduct PlainFilter::product(const float* in, float* out, int64_t rows) const {
  RowProduct product;
  product.in = in;
  product.weight = weight.const_data_ptr<float>();
  product.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  product.out = out;
  product.rows = rows;
  product.inputs = taps * inputs;
  product.in_step = inputs;
  product.outputs = product.out_step = outputs;
  return product;
}

TransformedFilter::TransformedFilter(const at::Tensor& filter, const at::Tensor& bias_of_outputs,
                                     int64_t dilation_in_rows)
    : inputs(padded_channels(filter.size(1))), outputs(padded_channels(filter.size(0))), dilation(dilation_in_rows) {
  const int64_t kernel = filter.size(2);
  taps = kernel <= 3 ? 3 : 4;
  groups = (kernel + taps - 1) / taps;
  padding = dilation * (kernel - 1) / 2;
  const auto whole = at::constant_pad_nd(filter.detach().to(at::kDouble), {0, groups * taps - kernel})
                         .view({filter.size(0), filter.size(1), groups, taps});
  const auto matrix = taps == 3 ? filter_transform<3>() : filter_transform<4>();
  weight = in_panels(pad_channels(at::einsum("pt,oigt->pgoi", {matrix, whole}).to(at::kFloat).contiguous()));
  bias = pad_bias(bias_of_outputs, outputs);
}

TransformedConvolution TransformedFilter::convolution(const float* in, float* out, int64_t rows, float* scratch) const {
  TransformedConvolution task;
  task.in = in;
  task.weight = weight.const_data_ptr<float>();
  task.bias = bias.const_data_ptr<float>();
  task.out = out;
  task.rows = rows;
  task.inputs = inputs;
  task.outputs = outputs;
  task.dilation = dilation;
  task.taps = taps;
  task.groups = groups;
  task.scratch = scratch;
  return task;
}

// Output s = rate j + r takes input i through tap s + padding - rate i, so with i = j - e through tap r + padding +
// rate e.
UpsamplingFilter::UpsamplingFilter(const at::Tensor& filter, const at::Tensor& bias_of_outputs, int64_t rate_in_rows,
                                   int64_t padding)
    : rate(rate_in_rows) {
  const int64_t kernel = filter.size(2);
  for (int64_t r = 0; r < rate; ++r) {
    std::vector<int64_t> taps;  // of inputs in rising order, that is from the highest tap down
    int64_t highest = (r + padding) % rate;
    while (highest + rate < kernel) highest += rate;
    for (int64_t tap = highest; tap >= 0; tap -= rate) taps.push_back(tap);
    const auto chosen =
        filter.detach().index_select(2, at::tensor(taps, at::kLong)).permute({1, 0, 2});  // [O, I, taps]
    phases.push_back({PlainFilter(chosen, bias_of_outputs), (r + padding - highest) / rate});
  }
}

}  // namespace vits::model
