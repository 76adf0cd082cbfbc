#include "vits/model/residual_step.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/card.h"
#include "support/tensors.h"

namespace vits::model {

namespace {

constexpr double kSlope = 0.1;

ResidualStep by_operators(const at::Tensor& sum, const at::Tensor& change) {
  const auto next = sum + change;
  return {next, at::leaky_relu(next, kSlope)};
}

struct Operands {
  at::Tensor sum, change;
};

Operands random_operands(at::ScalarType dtype) {
  const auto one = [&] { return at::randn({3, 5, 30'001}, at::kDouble).to(dtype).set_requires_grad(true); };
  return {one(), one()};
}

// The gradients of both operands where both results, or one of them, are used.
std::vector<at::Tensor> gradients_of_step(const ResidualStep& made, const Operands& of, bool sum, bool active) {
  at::Tensor loss;
  const auto add = [&](const at::Tensor& term) { loss = loss.defined() ? loss + term : term; };
  const auto squares = [](const at::Tensor& result) { return result.to(at::kDouble).square().sum(); };
  if (sum) add(squares(made.sum));
  if (active) add(squares(made.active));
  return torch::autograd::grad({loss}, {of.sum, of.change});
}

}  // namespace

TEST(ResidualStep, EqualsSumAndLeakyReluForwardAndBack) {
  at::manual_seed(1);
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-14}, std::pair{at::kFloat, 1e-6},
                                         std::pair{at::kBFloat16, 7e-2}, std::pair{at::kHalf, 1e-2}}) {
    const Operands of = random_operands(dtype);
    const auto made = residual_step(of.sum, of.change, kSlope), expected = by_operators(of.sum, of.change);
    EXPECT_TRUE(made.sum.equal(expected.sum));
    EXPECT_LT(support::difference(made.active, expected.active), tolerance);
    for (const auto& [sum, active] : {std::pair{true, true}, std::pair{true, false}, std::pair{false, true}}) {
      const auto gradients = gradients_of_step(residual_step(of.sum, of.change, kSlope), of, sum, active);
      const auto wanted = gradients_of_step(by_operators(of.sum, of.change), of, sum, active);
      for (size_t i = 0; i < 2; ++i)
        EXPECT_LT(support::difference(gradients[i], wanted[i]), tolerance) << sum << active;
    }
  }
}

TEST(ResidualStep, TakesViewsAndRefusesOtherShapes) {
  at::manual_seed(2);
  const auto sum = at::randn({2, 7, 4}).transpose(1, 2), change = at::randn({2, 4, 7});
  EXPECT_TRUE(residual_step(sum, change, kSlope).sum.equal(sum + change));
  EXPECT_THROW(residual_step(sum, at::randn({2, 7, 4}), kSlope), c10::Error);
}

TEST(ResidualStepCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(3);
  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    const Operands of = random_operands(dtype);
    const Operands there{support::copy_on(*card, of.sum), support::copy_on(*card, of.change)};
    const auto made = residual_step(of.sum, of.change, kSlope),
               made_there = residual_step(there.sum, there.change, kSlope);
    EXPECT_TRUE(made.sum.equal(made_there.sum.cpu()));
    EXPECT_TRUE(made.active.equal(made_there.active.cpu()));
    // A product and a sum may be rounded once or twice.
    for (const auto& [sum, active] : {std::pair{true, true}, {true, false}, {false, true}}) {
      const auto again = residual_step(of.sum, of.change, kSlope),
                 again_there = residual_step(there.sum, there.change, kSlope);
      EXPECT_TRUE(support::near(gradients_of_step(again_there, there, sum, active),
                                gradients_of_step(again, of, sum, active), support::roundings(dtype)))
          << dtype << sum << active;
    }
  }
}

}  // namespace vits::model
