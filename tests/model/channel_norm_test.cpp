#include "vits/model/channel_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/card.h"
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

// Everything that may follow the norm, with dropout's factors and the padding of three clips.
NormStep all_steps(int64_t channels, int64_t tokens, at::ScalarType dtype) {
  const auto lengths = at::tensor({tokens, (tokens + 1) / 2, int64_t{1}}).view({3, 1, 1});
  return {.gelu = true,
          .keep = at::empty({3, channels, tokens}, dtype).bernoulli_(0.7).div_(0.7),
          .onto = random_numbers({3, channels, tokens}, dtype),
          .mask = (at::arange(tokens).view({1, 1, -1}) < lengths).to(dtype)};
}

at::Tensor by_libtorch(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const NormStep& then) {
  auto y = by_libtorch(x, weight, bias);
  if (then.gelu) y = at::gelu(y);
  if (then.keep.defined()) y = y * then.keep;
  if (then.onto.defined()) y = y + then.onto;
  return then.mask.defined() ? y * then.mask : y;
}

TEST(ChannelNorm, EqualsLibTorchsOperatorsWithWhatFollows) {
  at::manual_seed(5);
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-12}, std::pair{at::kFloat, 1e-4}}) {
    for (const int64_t tokens : {1, 64, 131}) {
      const auto x = random_numbers({3, 20, tokens}, dtype), weight = random_numbers({20}, dtype),
                 bias = random_numbers({20}, dtype);
      const NormStep all = all_steps(20, tokens, dtype);
      for (const NormStep& then : {NormStep{.gelu = true}, NormStep{.mask = all.mask}, all}) {
        const auto y = channel_norm(x, weight, bias, kEpsilon, then), expected = by_libtorch(x, weight, bias, then);
        EXPECT_LT(difference(y, expected), tolerance / 10) << tokens;
        std::vector<at::Tensor> leaves{x, weight, bias};
        if (then.onto.defined()) leaves.push_back(then.onto);
        const auto direction = at::randn_like(y);
        const auto gradients = torch::autograd::grad({y}, leaves, {direction});
        const auto wanted = torch::autograd::grad({expected}, leaves, {direction});
        for (size_t i = 0; i < leaves.size(); ++i)
          EXPECT_LT(difference(gradients[i], wanted[i]), tolerance) << tokens << " tokens, operand " << i;
      }
    }
  }
}

TEST(ChannelNorm, ItsGeluIsTheExactOneFarOut) {
  // With a weight of 0 the norm's result is the bias.
  const auto x = at::tensor({1.0F, -1.0F}).view({1, 2, 1});
  for (const float number : {-14.0F, -6.0F, -2.0F, -0.3F, 0.0F, 1e-4F, 0.7F, 3.0F, 14.0F}) {
    const auto bias = at::full({2}, number).set_requires_grad(true);
    const auto y = channel_norm(x, at::zeros({2}), bias, kEpsilon, {.gelu = true});
    const auto exact = bias.detach().to(at::kDouble).set_requires_grad(true);
    const auto expected = at::gelu(exact);
    EXPECT_NEAR(y[0][0][0].item<double>(), expected[0].item<double>(), 3e-7 * (1 + std::abs(number))) << number;
    y.sum().backward();
    expected.sum().backward();
    EXPECT_NEAR(bias.grad()[0].item<double>(), exact.grad()[0].item<double>(), 6e-7) << number;
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

// Value and all gradients.
std::vector<at::Tensor> normed_on(const at::Device& device, const std::vector<at::Tensor>& operands,
                                  const NormStep& then) {
  auto leaves = support::copies_on(device, operands);
  const NormStep there{then.gelu, support::copy_on(device, then.keep), support::copy_on(device, then.onto),
                       support::copy_on(device, then.mask)};
  std::vector<at::Tensor> all{channel_norm(leaves[0], leaves[1], leaves[2], kEpsilon, there)};
  if (there.onto.defined()) leaves.push_back(there.onto);
  const auto gradients = torch::autograd::grad({all[0].pow(3).sum()}, leaves);
  all.insert(all.end(), gradients.begin(), gradients.end());
  return all;
}

TEST(ChannelNormCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(4);
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    for (const auto& [channels, tokens] : {std::pair<int64_t, int64_t>{3, 1}, {20, 33}, {192, 309}}) {
      const std::vector<at::Tensor> operands{random_numbers({3, channels, tokens}, dtype),
                                             random_numbers({channels}, dtype), random_numbers({channels}, dtype)};
      for (const NormStep& then : {NormStep{}, NormStep{.gelu = true}, all_steps(channels, tokens, dtype)})
        EXPECT_TRUE(support::near(normed_on(*card, operands, then), normed_on(at::kCPU, operands, then),
                                  40 * support::roundings(dtype)))
            << dtype << ", " << channels << " channels, " << tokens << " tokens";
    }
  }
}

}  // namespace vits::model
