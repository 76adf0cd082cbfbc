#include "vits/model/weight_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/card.h"
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

// Values and all gradients of more layers than one launch takes, some of them wider than a block.
std::vector<at::Tensor> finished_on(const at::Device& device, const std::vector<RawWeight>& raw) {
  std::vector<RawWeight> there;
  std::vector<at::Tensor> leaves;
  for (const RawWeight& weight : raw) {
    there.push_back(
        {support::copy_on(device, weight.direction), support::copy_on(device, weight.length), weight.dtype});
    leaves.push_back(there.back().direction);
    if (weight.length.defined()) leaves.push_back(there.back().length);
  }
  auto all = finished_weights(there);
  auto loss = at::zeros({}, at::TensorOptions(device).dtype(at::kDouble));
  // Not the squares: a direction's length has no part in those.
  for (const at::Tensor& weight : all) loss = loss + weight.to(at::kDouble).pow(3).sum();
  const auto gradients = torch::autograd::grad({loss}, leaves);
  all.insert(all.end(), gradients.begin(), gradients.end());
  return all;
}

TEST(WeightNormCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(5);
  const std::pair<at::ScalarType, at::ScalarType> types[] = {
      {at::kDouble, at::kDouble}, {at::kFloat, at::kFloat}, {at::kFloat, at::kHalf}, {at::kFloat, at::kBFloat16}};
  for (const auto& [dtype, finished] : types) {
    std::vector<RawWeight> raw;
    for (int copy = 0; copy < 12; ++copy)
      for (const RawWeight& weight : layers(dtype, finished)) raw.push_back(weight);
    raw.push_back({parameter({2, 3, 401}, dtype), parameter({2, 1, 1}, dtype), finished});
    raw.push_back({parameter({5, 67, 3}, dtype), {}, finished});
    EXPECT_TRUE(support::near(finished_on(*card, raw), finished_on(at::kCPU, raw), 8 * support::roundings(finished)))
        << finished;
  }
}

}  // namespace vits::model
