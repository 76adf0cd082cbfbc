#include "vits/model/channel_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/tensors.h"

namespace vits::model {

namespace {

using support::difference;

constexpr double kEpsilon = 1e-5;

at::Tensor by_libtorch(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::layer_norm(x.transpose(1, 2), weight.sizes(), weight, bias, kEpsilon).transpose(1, 2);
}

at::Tensor random_numbers(at::IntArrayRef sizes, at::ScalarType dtype) {
  return (1 + 2 * at::randn(sizes, at::kDouble)).to(dtype).set_requires_grad(true);
}

}  // namespace

TEST(ChannelNorm, EqualsLibTorchsLayerNormForwardAndBack) {
  at::manual_seed(1);
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-12}, std::pair{at::kFloat, 1e-4}}) {
    for (const int64_t tokens : {1, 63, 64, 65, 150}) {
      const auto x = random_numbers({3, 20, tokens}, dtype), weight = random_numbers({20}, dtype),
                 bias = random_numbers({20}, dtype);
      const auto y = channel_norm(x, weight, bias, kEpsilon), expected = by_libtorch(x, weight, bias);
      EXPECT_TRUE(y.is_contiguous());
      EXPECT_LT(difference(y, expected), tolerance) << tokens;
      const auto direction = at::randn_like(y);
      const auto gradients = torch::autograd::grad({y}, {x, weight, bias}, {direction});
      const auto wanted = torch::autograd::grad({expected}, {x, weight, bias}, {direction});
      for (size_t i = 0; i < 3; ++i)
        EXPECT_LT(difference(gradients[i], wanted[i]), tolerance) << tokens << " tokens, operand " << i;
    }
  }
}

TEST(ChannelNorm, TakesViewsAndHalfPrecision) {
  at::manual_seed(2);
  const auto x = random_numbers({2, 9, 12}, at::kFloat), weight = random_numbers({12}, at::kFloat),
             bias = random_numbers({12}, at::kFloat);
  EXPECT_LT(
      difference(channel_norm(x.transpose(1, 2), weight, bias, kEpsilon), by_libtorch(x.transpose(1, 2), weight, bias)),
      1e-5);
  const auto half = x.transpose(1, 2).to(at::kHalf);
  const auto y = channel_norm(half, weight, bias, kEpsilon);
  EXPECT_EQ(y.scalar_type(), at::kFloat);
  EXPECT_LT(difference(y, by_libtorch(half.to(at::kFloat), weight, bias)), 1e-5);
}

TEST(ChannelNorm, RepeatsItselfToTheBit) {
  at::manual_seed(3);
  const auto x = random_numbers({4, 32, 300}, at::kFloat), weight = random_numbers({32}, at::kFloat),
             bias = random_numbers({32}, at::kFloat);
  const auto once = [&] {
    return torch::autograd::grad({channel_norm(x, weight, bias, kEpsilon).square().sum()}, {x, weight, bias});
  };
  const auto first = once(), second = once();
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(first[i].equal(second[i])) << i;
}

TEST(ChannelNormCuda, EqualsTheProcessors) {
  if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(4);
  const auto x = random_numbers({3, 192, 309}, at::kFloat), weight = random_numbers({192}, at::kFloat);
  const auto bias = random_numbers({192}, at::kFloat);
  const auto there = [](const at::Tensor& tensor) { return tensor.detach().cuda().set_requires_grad(true); };
  const auto x_there = there(x), weight_there = there(weight), bias_there = there(bias);
  const auto y = channel_norm(x, weight, bias, kEpsilon),
             y_there = channel_norm(x_there, weight_there, bias_there, kEpsilon);
  EXPECT_LT(difference(y, y_there.cpu()), 1e-4);
  const auto gradients = torch::autograd::grad({y.pow(3).sum()}, {x, weight, bias});
  const auto from_there = torch::autograd::grad({y_there.pow(3).sum()}, {x_there, weight_there, bias_there});
  for (size_t i = 0; i < 3; ++i)
    EXPECT_LT(difference(gradients[i], from_there[i].cpu()) / gradients[i].abs().max().item<double>(), 1e-4) << i;
}

}  // namespace vits::model
