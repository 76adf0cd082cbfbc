#include <gtest/gtest.h>

#include "packed_filter.h"
#include "row_convolution.h"
#include "row_signal.h"

namespace vits::model {
namespace {

std::vector<const RowKernels*> available_kernels() {
  std::vector<const RowKernels*> available;
  for (const auto* kernels : {row_kernels_avx512(), row_kernels_avx2()})
    if (kernels) available.push_back(kernels);
  return available;
}

at::Tensor as_rows(const at::Tensor& signal) {  // [C, S] -> [S, C'] with zeros
  return at::constant_pad_nd(signal.t(), {0, padded_channels(signal.size(0)) - signal.size(0)}).contiguous();
}

TEST(RowKernels, ConvolveAsLibTorchDoes) {
  torch::manual_seed(1);
  for (const auto* kernels : available_kernels())
    for (const int64_t channels : {5, 16, 32, 48})
      for (const int64_t kernel : {1, 3, 5, 7, 11})
        for (const int64_t dilation : {1, 3, 5})
          for (const int64_t length : {1, 7, 130, 2011}) {
            const auto filter =
                at::randn({channels, channels, kernel}) / std::sqrt(static_cast<double>(channels * kernel));
            const auto bias = at::randn({channels}), signal = at::randn({channels, length});
            const auto residual = at::randn({channels, length}), added = at::randn({channels, length});
            const auto convolved = at::conv1d(at::leaky_relu(signal, 0.1).unsqueeze(0), filter, bias, 1,
                                              dilation * (kernel - 1) / 2, dilation)[0];
            const auto expected = as_rows(at::leaky_relu((convolved + residual) * 0.5 + added, 0.01));

            const TransformedFilter packed(filter, bias, dilation);
            RowSignal in(length, channels, packed.padding, rows_read(0, dilation, packed.groups));
            in.rows().copy_(as_rows(signal));
            auto out = as_rows(residual);
            const auto more = as_rows(added);
            const auto scratch = at::empty({packed.scratch()});
            auto task = packed.convolution(in.row(-packed.padding), out.mutable_data_ptr<float>(), length,
                                           scratch.mutable_data_ptr<float>());
            task.residual = task.out;
            task.added = more.const_data_ptr<float>();
            task.slope_in = 0.1f;
            task.slope_out = 0.01f;
            task.scale = 0.5f;
            kernels->convolve(task);
            ASSERT_LT((out - expected).abs().max().item<double>(), 2e-5)
                << kernels->name << ", " << channels << " channels, kernel " << kernel << ", dilation " << dilation
                << ", length " << length;
          }
}

TEST(RowKernels, MultiplyAsLibTorchDoes) {
  torch::manual_seed(2);
  for (const auto* kernels : available_kernels())
    for (const int64_t inputs : {3, 40})
      for (const int64_t outputs : {1, 16, 33})
        for (int64_t rows = 1; rows < 28; ++rows) {
          const auto filter = at::randn({outputs, inputs, 3}), signal = at::randn({inputs, rows + 2});
          const auto bias = at::randn({outputs});
          const auto expected = as_rows(at::leaky_relu(at::conv1d(signal.unsqueeze(0), filter, bias)[0], 0.2));
          const PlainFilter packed(filter, bias);
          const auto in = as_rows(signal);
          auto out = at::empty({rows, packed.outputs});
          auto product = packed.product(in.const_data_ptr<float>(), out.mutable_data_ptr<float>(), rows);
          product.slope = 0.2f;
          kernels->multiply(product);
          ASSERT_LT((out - expected).abs().max().item<double>(), 2e-5) << kernels->name << ", rows " << rows;
        }
}

}  // namespace
}  // namespace vits::model
