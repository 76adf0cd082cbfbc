#include "vits/model/quick_convolution.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>

#include "row_convolution.h"
#include "support/tensors.h"

namespace vits::model {

namespace {

using support::relative_difference;

struct Problem {
  int64_t clips, inputs, outputs, samples, kernel, padding, dilation;
};

// Against LibTorch's convolution in double precision: results, and the gradients of all three operands.
void expect_that_of_libtorch(const Problem& problem) {
  SCOPED_TRACE(testing::Message() << "kernel " << problem.kernel << ", dilation " << problem.dilation << ", padding "
                                  << problem.padding << ", " << problem.samples << " samples");
  const auto draw = [](at::IntArrayRef sizes) { return at::randn(sizes).set_requires_grad(true); };
  const auto x = draw({problem.clips, problem.inputs, problem.samples});
  const auto weight = draw({problem.outputs, problem.inputs, problem.kernel}), bias = draw({problem.outputs});
  const QuickShape shape{problem.padding, problem.dilation};
  ASSERT_TRUE(suits_quick_convolution(x, weight, shape));
  const auto y = quick_convolution(x, weight, bias, shape);
  const auto expected =
      at::conv1d(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, problem.padding, problem.dilation);
  ASSERT_EQ(y.sizes(), expected.sizes());
  EXPECT_LT(relative_difference(y, expected), 1e-5);

  const auto direction = at::randn_like(y);
  const auto gradients = torch::autograd::grad({y}, {x, weight, bias}, {direction});
  const auto wanted = torch::autograd::grad({expected}, {x, weight, bias}, {direction.to(at::kDouble)});
  for (size_t i = 0; i < 3; ++i) EXPECT_LT(relative_difference(gradients[i], wanted[i]), 1e-5) << "operand " << i;
}

class QuickConvolution : public testing::Test {
  void SetUp() override {
    if (!row_kernels()) GTEST_SKIP() << "no kernels for this processor";
  }
};

}  // namespace

TEST_F(QuickConvolution, IsTheConvolutionForEveryKernelAndDilation) {
  at::manual_seed(1);
  for (const int64_t kernel : {3, 5, 7, 11})
    for (const int64_t dilation : {1, 3, 5})
      expect_that_of_libtorch({3, 128, 144, 331, kernel, dilation * (kernel - 1) / 2, dilation});
}

TEST_F(QuickConvolution, KeepsToRowsOfAnyLengthAndPadding) {
  at::manual_seed(2);
  for (const int64_t samples : {512, 513, 514, 515})
    for (const int64_t padding : {0, 1, 4, 9}) expect_that_of_libtorch({2, 144, 128, samples, 7, padding, 1});
  expect_that_of_libtorch({16, 128, 128, 10 * 11, 5, 2 * 11, 11});
}

TEST_F(QuickConvolution, TakesChannelsThatFillNoWholeBlock) {
  at::manual_seed(7);
  for (const int64_t kernel : {3, 5, 11})
    for (const auto& [inputs, outputs] : {std::pair{32, 48}, std::pair{80, 32}, std::pair{48, 208}})
      expect_that_of_libtorch({2, inputs, outputs, 701, kernel, kernel / 2, 1});
}

TEST_F(QuickConvolution, GivesTheSameBytesOnAnyNumberOfThreads) {
  at::manual_seed(8);
  const auto x = at::randn({5, 64, 604}).set_requires_grad(true),
             weight = at::randn({96, 64, 7}).set_requires_grad(true);
  const int threads = at::get_num_threads();
  const auto on = [&](int number) {
    at::set_num_threads(number);
    const auto y = quick_convolution(x, weight, {}, {9, 3});
    auto found = torch::autograd::grad({y.square().sum()}, {x, weight});
    found.push_back(y.detach());
    return found;
  };
  const auto alone = on(1), together = on(3);
  at::set_num_threads(threads);
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(alone[i].equal(together[i])) << i;
}

TEST_F(QuickConvolution, GivesOnlyTheGradientsThatAreWanted) {
  at::manual_seed(3);
  const auto x = at::randn({2, 128, 400}), weight = at::randn({128, 128, 3}).set_requires_grad(true);
  quick_convolution(x, weight, {}, {1, 1}).sum().backward();
  EXPECT_TRUE(weight.grad().defined());
  EXPECT_FALSE(x.grad().defined());
  const auto wave = at::randn({2, 128, 400}).set_requires_grad(true);
  quick_convolution(wave, weight.detach(), {}, {1, 1}).sum().backward();
  EXPECT_TRUE(wave.grad().defined());
}

TEST_F(QuickConvolution, RepeatsItselfToTheBit) {
  at::manual_seed(4);
  const auto x = at::randn({8, 160, 604}).set_requires_grad(true),
             weight = at::randn({128, 160, 5}).set_requires_grad(true);
  const auto once = [&] {
    auto y = quick_convolution(x, weight, {}, {2, 1});
    auto gradients = torch::autograd::grad({y.square().sum()}, {x, weight});
    gradients.push_back(y.detach());
    return gradients;
  };
  const auto first = once(), second = once();
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(first[i].equal(second[i])) << i;
}

TEST_F(QuickConvolution, LeavesToLibTorchWhatItCannotDo) {
  const auto x = at::randn({8, 128, 604}), weight = at::randn({128, 128, 5});
  EXPECT_TRUE(suits_quick_convolution(x, weight, {2, 1}));
  EXPECT_FALSE(suits_quick_convolution(x, at::randn({128, 128, 4}), {2, 1}));
  EXPECT_FALSE(suits_quick_convolution(x, at::randn({16, 128, 5}), {2, 1}));
  EXPECT_FALSE(suits_quick_convolution(x, at::randn({72, 128, 5}), {2, 1}));
  EXPECT_FALSE(suits_quick_convolution(at::randn({1, 128, 100}), weight, {2, 1}));
  EXPECT_FALSE(suits_quick_convolution(x.to(at::kDouble), weight.to(at::kDouble), {2, 1}));
  EXPECT_FALSE(suits_quick_convolution(x.to(at::kBFloat16), weight.to(at::kBFloat16), {2, 1}));
}

}  // namespace vits::model
