#include "vits/model/weight_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/tensors.h"

namespace vits::model {

namespace {

using support::difference;

at::Tensor parameter(at::IntArrayRef sizes, at::ScalarType dtype = at::kDouble) {
  return at::randn(sizes, dtype).set_requires_grad(true);
}

// A direction with rows that fill no whole vector, a large one, a plain weight between them and a bias.
std::vector<RawWeight> layers(at::ScalarType dtype, at::ScalarType finished) {
  return {{parameter({3, 5, 7}, dtype), parameter({3, 1, 1}, dtype), finished},
          {parameter({4, 2, 3}, dtype), {}, finished},
          {parameter({16, 1, 1, 33}, dtype), parameter({16, 1, 1, 1}, dtype), dtype},
          {parameter({9}, dtype), {}, finished}};
}

}  // namespace

TEST(WeightNorm, IsThatOfPyTorch) {
  at::manual_seed(1);
  const auto raw = layers(at::kFloat, at::kFloat);
  const auto finished = finished_weights(raw);
  ASSERT_EQ(finished.size(), raw.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    const auto expected =
        raw[i].length.defined() ? at::_weight_norm(raw[i].direction, raw[i].length, 0) : raw[i].direction;
    ASSERT_EQ(finished[i].sizes(), expected.sizes()) << i;
    EXPECT_LT(difference(finished[i], expected), 1e-6) << i;
  }
}

TEST(WeightNorm, RoundsAsACastDoes) {
  at::manual_seed(2);
  for (const auto half : {at::kHalf, at::kBFloat16}) {
    const auto raw = layers(at::kFloat, half);
    const auto finished = finished_weights(raw);
    EXPECT_EQ(finished[0].scalar_type(), half);
    EXPECT_EQ(finished[2].scalar_type(), at::kFloat);
    EXPECT_TRUE(finished[1].equal(raw[1].direction.to(half)));
    EXPECT_TRUE(finished[3].equal(raw[3].direction.to(half)));
    const auto exact = at::_weight_norm(raw[0].direction, raw[0].length, 0);
    EXPECT_LT(difference(finished[0], exact), (half == at::kHalf ? 1e-3 : 8e-3) * exact.abs().max().item<double>());
  }
}

TEST(WeightNorm, HasTheGradientOfPyTorchsInDoublePrecision) {
  at::manual_seed(3);
  const auto raw = layers(at::kDouble, at::kDouble);
  const auto finished = finished_weights(raw);
  std::vector<at::Tensor> sources;
  at::Tensor sum, expected_sum;
  for (size_t i = 0; i < raw.size(); ++i) {
    const auto expected =
        raw[i].length.defined() ? at::_weight_norm(raw[i].direction, raw[i].length, 0) : raw[i].direction;
    const auto weights = at::randn_like(expected);
    const auto term = (finished[i] * weights).sum(), expected_term = (expected * weights).sum();
    sum = sum.defined() ? sum + term : term;
    expected_sum = expected_sum.defined() ? expected_sum + expected_term : expected_term;
    sources.push_back(raw[i].direction);
    if (raw[i].length.defined()) sources.push_back(raw[i].length);
  }
  const auto gradients = torch::autograd::grad({sum}, sources);
  const auto expected = torch::autograd::grad({expected_sum}, sources);
  for (size_t i = 0; i < sources.size(); ++i) EXPECT_LT(difference(gradients[i], expected[i]), 1e-12) << i;
}

TEST(WeightNorm, LeavesLayersThatWereNotUsedWithoutGradient) {
  at::manual_seed(4);
  const auto raw = layers(at::kFloat, at::kFloat);
  finished_weights(raw)[0].sum().backward();
  EXPECT_TRUE(raw[0].direction.grad().defined());
  EXPECT_FALSE(raw[1].direction.grad().defined());
  EXPECT_FALSE(raw[2].length.grad().defined());
}

TEST(WeightNorm, OfNoLayersIsEmpty) { EXPECT_TRUE(finished_weights({}).empty()); }

TEST(WeightNormCuda, EqualsTheProcessors) {
  if (!at::globalContext().hasCUDA()) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(5);
  const auto raw = layers(at::kFloat, at::kHalf);
  auto on_card = raw;
  for (RawWeight& weight : on_card) {
    weight.direction = weight.direction.detach().cuda().set_requires_grad(true);
    if (weight.length.defined()) weight.length = weight.length.detach().cuda().set_requires_grad(true);
  }
  const auto finished = finished_weights(raw), there = finished_weights(on_card);
  at::Tensor sum, sum_there;
  for (size_t i = 0; i < raw.size(); ++i) {
    EXPECT_LT(difference(finished[i], there[i].cpu()), 2e-3) << i;
    const auto term = finished[i].to(at::kFloat).square().sum(), term_there = there[i].to(at::kFloat).square().sum();
    sum = sum.defined() ? sum + term : term;
    sum_there = sum_there.defined() ? sum_there + term_there : term_there;
  }
  sum.backward();
  sum_there.backward();
  for (size_t i = 0; i < raw.size(); ++i)
    EXPECT_LT(difference(raw[i].direction.grad(), on_card[i].direction.grad().cpu()), 1e-2) << i;
}

}  // namespace vits::model
