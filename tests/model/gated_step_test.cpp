#include "vits/model/gated_step.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/card.h"
#include "support/tensors.h"

namespace vits::model {

namespace {

using support::difference;

constexpr int64_t kHidden = 5;

at::Tensor written_out(const at::Tensor& x, const at::Tensor& condition) {
  const auto sum = condition.defined() ? x + condition : x;
  return sum.narrow(1, 0, kHidden).tanh() * sum.narrow(1, kHidden, kHidden).sigmoid();
}

LayerStep written_out(const at::Tensor& hidden, const at::Tensor& sum, const at::Tensor& change,
                      const at::Tensor& mask) {
  const auto skip = change.narrow(1, kHidden, kHidden);
  return {(hidden + change.narrow(1, 0, kHidden)) * mask, sum.defined() ? sum + skip : skip};
}

at::Tensor numbers(at::IntArrayRef sizes, at::ScalarType dtype = at::kDouble) {
  return (3 * at::randn(sizes, at::kDouble)).to(dtype).set_requires_grad(true);
}

void expect_same(const std::vector<at::Tensor>& results, const std::vector<at::Tensor>& expected,
                 const std::vector<at::Tensor>& operands, double tolerance) {
  at::Tensor sum, expected_sum;
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_LT(difference(results[i], expected[i]), tolerance) << "result " << i;
    const auto weights = at::randn_like(expected[i]);
    const auto term = (results[i] * weights).sum(), other = (expected[i] * weights).sum();
    sum = sum.defined() ? sum + term : term;
    expected_sum = expected_sum.defined() ? expected_sum + other : other;
  }
  const auto gradients = torch::autograd::grad({sum}, operands),
             wanted = torch::autograd::grad({expected_sum}, operands);
  for (size_t i = 0; i < operands.size(); ++i)
    EXPECT_LT(difference(gradients[i], wanted[i]), 10 * tolerance) << "operand " << i;
}

}  // namespace

TEST(GatedStep, GateEqualsLibTorchsOperatorsForwardAndBack) {
  at::manual_seed(1);
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-14}, std::pair{at::kFloat, 5e-7}}) {
    const auto x = numbers({3, 2 * kHidden, 37}, dtype), condition = numbers({3, 2 * kHidden, 1}, dtype);
    expect_same({gated(x, {})}, {written_out(x, {})}, {x}, tolerance);
    expect_same({gated(x, condition)}, {written_out(x, condition)}, {x, condition}, 4 * tolerance);
  }
}

TEST(GatedStep, GateHoldsAtTheEndsOfItsRangeAndNearZero) {
  auto x = at::zeros({1, 2 * kHidden, 8});
  x[0][0] = at::tensor({-1e30f, -100.0f, -1e-20f, 1e-4f, 0.2499f, 0.2501f, 100.0f, 1e30f});
  x[0][kHidden] = at::tensor({1e30f, 100.0f, 0.0f, 0.0f, 0.0f, 0.0f, -100.0f, -1e30f});
  const auto expected = written_out(x.to(at::kDouble), {});
  const auto y = gated(x, {});
  EXPECT_TRUE(at::allclose(y.to(at::kDouble), expected, 4e-7, 1e-37)) << y[0][0] << expected[0][0];
  x[0][0][0] = std::nanf("");
  EXPECT_TRUE(gated(x, {}).isnan().any().item<bool>());
}

TEST(GatedStep, LayerStepEqualsLibTorchsOperatorsForwardAndBack) {
  at::manual_seed(2);
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-14}, std::pair{at::kFloat, 2e-6}}) {
    const auto hidden = numbers({3, kHidden, 37}, dtype), sum = numbers({3, kHidden, 37}, dtype);
    const auto change = numbers({3, 2 * kHidden, 37}, dtype);
    const auto mask = (at::rand({3, 1, 37}) > 0.3).to(dtype);
    const auto list = [](const LayerStep& step) { return std::vector<at::Tensor>{step.hidden, step.sum}; };
    expect_same(list(layer_step(hidden, sum, change, mask)), list(written_out(hidden, sum, change, mask)),
                {hidden, sum, change}, tolerance);
    expect_same(list(layer_step(hidden, {}, change, mask)), list(written_out(hidden, {}, change, mask)),
                {hidden, change}, tolerance);
    // As at the end of a stack, where nothing asks for one of the two.
    expect_same({layer_step(hidden, sum, change, mask).sum}, {written_out(hidden, sum, change, mask).sum},
                {sum, change}, tolerance);
    expect_same({layer_step(hidden, sum, change, mask).hidden}, {written_out(hidden, sum, change, mask).hidden},
                {hidden, change}, tolerance);
  }
}

TEST(GatedStep, WorksInHalfPrecisionWithOneRounding) {
  at::manual_seed(3);
  for (const auto half : {at::kHalf, at::kBFloat16}) {
    const auto x = numbers({2, 2 * kHidden, 19}).to(half);
    const auto y = gated(x, {});
    EXPECT_EQ(y.scalar_type(), half);
    EXPECT_LT(difference(y, written_out(x.to(at::kDouble), {})), half == at::kHalf ? 6e-4 : 5e-3);
  }
}

// Both operators with and without what may be left out, and all gradients.
std::vector<at::Tensor> gates_and_steps_on(const at::Device& device, const std::vector<at::Tensor>& operands,
                                           const at::Tensor& mask) {
  const auto there = support::copies_on(device, operands);
  const auto &x = there[0], &condition = there[1], &hidden = there[2], &sum = there[3];
  const auto here = support::copy_on(device, mask);
  const LayerStep first = layer_step(hidden, {}, x, here), middle = layer_step(hidden, sum, x, here);
  std::vector<at::Tensor> all{gated(x, {}), gated(x, condition), first.hidden, first.sum, middle.hidden, middle.sum};
  const auto loss_of = [&](const std::vector<size_t>& results) {
    auto loss = at::zeros({}, at::TensorOptions(device).dtype(at::kDouble));
    for (const size_t result : results) loss = loss + all[result].to(at::kDouble).square().sum();
    return loss;
  };
  const auto of_all = torch::autograd::grad({loss_of({0, 1, 2, 3, 4, 5})}, there, {}, /*retain_graph=*/true);
  const auto of_sum = torch::autograd::grad({loss_of({5})}, {x, sum}, {}, /*retain_graph=*/true);
  const auto of_hidden = torch::autograd::grad({loss_of({2})}, {x, hidden});
  for (const auto& more : {of_all, of_sum, of_hidden}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(GatedStepCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(4);
  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    for (const int64_t frames : {1, 37, 300}) {
      const std::vector<at::Tensor> operands{numbers({3, 2 * kHidden, frames}, dtype),
                                             numbers({3, 2 * kHidden, 1}, dtype), numbers({3, kHidden, frames}, dtype),
                                             numbers({3, kHidden, frames}, dtype)};
      const auto mask = (at::rand({3, 1, frames}) > 0.3).to(dtype);
      EXPECT_TRUE(support::near(gates_and_steps_on(*card, operands, mask), gates_and_steps_on(at::kCPU, operands, mask),
                                4 * support::roundings(dtype)))
          << dtype << ", " << frames << " frames";
    }
  }
}

}  // namespace vits::model
