#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "module_list.h"
#include "support/tensors.h"
#include "vits/model/channel_layout.h"
#include "vits/model/convolution.h"
#include "vits/model/wavenet.h"

namespace vits::model {

namespace {

using support::relative_difference;

at::Tensor draw(at::IntArrayRef sizes) { return at::randn(sizes).to(at::kBFloat16); }

// Result, and gradients of signal, weight and bias, of a layer in bfloat16.
template <class Layer>
std::vector<at::Tensor> passes(Layer& layer, const at::Tensor& x, const at::Tensor& direction) {
  const auto leaf = x.detach().set_requires_grad(true);
  const auto y = layer->forward(leaf);
  auto all = torch::autograd::grad({y}, {leaf, layer->weight(), layer->bias()}, {direction});
  all.push_back(y.detach());
  return all;
}

// The layer on x in bfloat16 against itself in double precision with the same rounded numbers. bfloat16 keeps 8
// bits, and processors without products of it round every sum.
template <class Layer>
void expect_that_of_double(Layer layer, const at::Tensor& x) {
  layer->to(at::kBFloat16);
  const auto direction = draw(layer->forward(x).sizes());
  const auto found = passes(layer, x, direction);
  layer->to(at::kDouble);
  const auto expected = passes(layer, x.to(at::kDouble).contiguous(), direction.to(at::kDouble));
  const char* const names[] = {"signal", "weight", "bias", "result"};
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].sizes(), expected[i].sizes()) << names[i];
    EXPECT_LT(relative_difference(found[i], expected[i]), 2e-2) << names[i];
  }
  EXPECT_EQ(is_in_quick_order(found.back()), is_in_quick_order(x));
}

}  // namespace

TEST(HalfConvolution, SignalsStayLaidTogether) {
  at::manual_seed(1);
  for (const int64_t kernel : {1, 3, 11})
    for (const int64_t dilation : {1, 5}) {
      SCOPED_TRACE(testing::Message() << "kernel " << kernel << ", dilation " << dilation);
      const ConvolutionShape shape{.in_channels = 24,
                                   .out_channels = 40,
                                   .kernel = kernel,
                                   .padding = same_padding(kernel, dilation),
                                   .dilation = dilation};
      expect_that_of_double(Conv1d(shape), in_quick_order(draw({3, 24, 131})));
    }
}

TEST(HalfConvolution, FoldedWavesTakeTheGradientOfEveryPeriod) {
  at::manual_seed(2);
  for (const int64_t period : {1, 2, 3, 11})
    for (const int64_t stride : {1, 3}) {
      SCOPED_TRACE(testing::Message() << "period " << period << ", stride " << stride);
      const ConvolutionShape shape{
          .in_channels = 32, .out_channels = 48, .kernel = 5, .stride = stride, .padding = same_padding(5)};
      expect_that_of_double(FoldedConv(shape), draw({2, 32, 29, period}));
    }
}

TEST(HalfConvolution, PhasesOfAStrideAsChannelsGiveTheSame) {
  at::manual_seed(3);
  for (const int64_t samples : {120, 121, 122, 123}) {
    SCOPED_TRACE(testing::Message() << samples << " samples");
    const ConvolutionShape shape{
        .in_channels = 16, .out_channels = 64, .kernel = 41, .stride = 4, .padding = same_padding(41), .groups = 4};
    expect_that_of_double(Conv1d(shape), draw({2, 16, samples}));
  }
}

// An activation in place on the result must reach the gradient as on any other.
TEST(HalfConvolution, ResultMayBeChangedInPlace) {
  at::manual_seed(4);
  Conv1d layer(ConvolutionShape{.in_channels = 16, .out_channels = 16, .kernel = 3, .padding = 1});
  layer->to(at::kBFloat16);
  const auto x = in_quick_order(draw({2, 16, 50})).set_requires_grad(true);
  const auto apart = torch::autograd::grad({at::leaky_relu(layer->forward(x), 0.1).sum()}, {x})[0];
  auto y = layer->forward(x);
  const auto in_place = torch::autograd::grad({at::leaky_relu_(y, 0.1).sum()}, {x})[0];
  EXPECT_TRUE(in_place.equal(apart));
}

// What a WaveNet's layers do between the convolutions has an order of its own for signals laid together.
TEST(HalfConvolution, WaveNetLaidTogetherFollowsTheOneInDouble) {
  at::manual_seed(5);
  VitsConfig config;
  config.hidden_size = 32;
  config.speaker_embedding_size = 8;
  WaveNet network(config, 3);
  network->eval();
  network->to(at::kBFloat16);
  const auto x = draw({3, 32, 41}), speaker = draw({3, 8, 1});
  const auto mask = (at::arange(41).view({1, 1, 41}) < at::tensor({41, 30, 7}).view({3, 1, 1}));
  const auto pass = [&](at::ScalarType dtype) {
    network->to(dtype);
    const auto leaf = x.to(dtype).set_requires_grad(true), condition = speaker.to(dtype).set_requires_grad(true);
    const auto y = network->forward(leaf, mask.to(dtype), condition);
    auto all = torch::autograd::grad({y.to(at::kDouble).square().sum()}, {leaf, condition, network->parameters()[0]});
    all.push_back(y.detach());
    return all;
  };
  const auto found = pass(at::kBFloat16), expected = pass(at::kDouble);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_LT(relative_difference(found[i], expected[i]), 3e-2) << i;
}

}  // namespace vits::model
