#include "vits/model/convolution.h"

#include <gtest/gtest.h>

#include "support/tensors.h"

namespace vits::model {
namespace {

using support::difference;

const ConvolutionShape kShape{.in_channels = 6, .out_channels = 9, .kernel = 5, .stride = 2, .padding = 2};

template <class Part>
void expect_nothing_changes(Part convolution, const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  const auto plain = convolution->forward(x);
  const auto weight = convolution->weight().clone();

  convolution->add_weight_norm();
  const auto with = convolution->named_parameters();
  EXPECT_EQ(with.keys(), (std::vector<std::string>{"bias", "parametrizations.weight.original0",
                                                   "parametrizations.weight.original1"}));
  EXPECT_EQ(with["parametrizations.weight.original0"].numel(), weight.size(0));
  EXPECT_EQ(with["parametrizations.weight.original0"].dim(), weight.dim());
  EXPECT_TRUE(with["parametrizations.weight.original0"].requires_grad());
  EXPECT_LT(difference(convolution->forward(x), plain), 1e-6);

  convolution->fold_weight_norm();
  EXPECT_EQ(convolution->named_parameters().size(), 2u);
  EXPECT_LT(difference(convolution->weight(), weight), 1e-6);
  EXPECT_TRUE(convolution->weight().requires_grad());
  EXPECT_LT(difference(convolution->forward(x), plain), 1e-6);
}

TEST(WeightNorm, PutOnAndTakenOffChangesNothingButTheNames) {
  at::manual_seed(1);
  expect_nothing_changes(Conv1d(kShape), at::randn({2, 6, 31}));
  expect_nothing_changes(ConvTranspose1d(kShape), at::randn({2, 6, 31}));
  expect_nothing_changes(FoldedConv(kShape), at::randn({2, 6, 31, 3}));
}

TEST(WeightNorm, TwiceIsOnce) {
  Conv1d convolution(kShape);
  convolution->add_weight_norm();
  convolution->add_weight_norm();
  EXPECT_EQ(convolution->named_parameters().size(), 3u);
  convolution->fold_weight_norm();
  convolution->fold_weight_norm();
  EXPECT_EQ(convolution->named_parameters().size(), 2u);
}

TEST(WeightNorm, IsLengthTimesDirection) {
  const at::NoGradGuard no_grad;
  Conv1d convolution(kShape, WeightNorm::kOn);
  auto parameters = convolution->named_parameters();
  parameters["parametrizations.weight.original0"].uniform_(0.5, 2);
  const auto direction = parameters["parametrizations.weight.original1"];
  const auto expected = direction / direction.square().sum({1, 2}, /*keepdim=*/true).sqrt()
                        * parameters["parametrizations.weight.original0"];
  EXPECT_LT(difference(convolution->weight(), expected), 1e-6);
}

}  // namespace
}  // namespace vits::model
