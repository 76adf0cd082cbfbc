// A piece that is computed twice against the same piece kept.
#include "vits/model/recompute.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace vits::model {
namespace {

struct Gradients {
  at::Tensor x, weight, scale, result;
  int runs = 0;
};

// With dropout, a weight made of a parameter, an undefined input, and a result that is not used.
Gradients gradients_of(bool again) {
  at::manual_seed(5);
  auto x = at::randn({4, 8}, at::kDouble).requires_grad_(true);
  auto parameter = at::randn({8, 8}, at::kDouble).requires_grad_(true);
  auto scale = at::randn({8}, at::kDouble).requires_grad_(true);
  const auto finished = parameter * 2;
  Gradients found;
  const Piece piece = [&](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    ++found.runs;
    EXPECT_FALSE(in[1].defined());
    const auto hidden = at::dropout(at::tanh(at::matmul(in[0], finished)), 0.5, true);
    return {hidden * scale, hidden.sum()};
  };
  const auto results = again ? recomputed(piece, {x, at::Tensor()}, {finished, scale}) : piece({x, at::Tensor()});
  const auto noise = at::rand({4, 8}, at::kDouble);  // the second pass must not change what is drawn after the first
  found.result = results[0] * noise;
  found.result.square().sum().backward();
  found.x = x.grad();
  found.weight = parameter.grad();
  found.scale = scale.grad();
  return found;
}

TEST(Recompute, GivesTheSameGradientsToInputsParametersAndWhatIsMadeOfThem) {
  const Gradients kept = gradients_of(false), twice = gradients_of(true);
  EXPECT_EQ(kept.runs, 1);
  EXPECT_EQ(twice.runs, 2);
  EXPECT_TRUE(at::equal(twice.result, kept.result));
  EXPECT_TRUE(at::equal(twice.x, kept.x));
  EXPECT_TRUE(at::equal(twice.weight, kept.weight));
  EXPECT_TRUE(at::equal(twice.scale, kept.scale));
  EXPECT_GT(kept.weight.abs().max().item<double>(), 0.0);
}

TEST(Recompute, LeavesTheDrawsOfTheBackwardPassAlone) {
  const auto after = [](bool again) {
    gradients_of(again);
    return at::rand({3});
  };
  EXPECT_TRUE(at::equal(after(true), after(false)));
}

TEST(Recompute, RunsOnceWhereNoGradientIsWanted) {
  const at::NoGradGuard no_grad;
  int runs = 0;
  const auto results = recomputed(
      [&](const std::vector<at::Tensor>& in) {
        ++runs;
        return in;
      },
      {at::ones({2})}, {});
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(results[0].sum().item<float>(), 2.0f);
}

TEST(Recompute, KeepsNothingOfWhatThePieceMadeUntilTheBackwardPass) {
  auto x = at::ones({2}).requires_grad_(true);
  std::vector<c10::weak_intrusive_ptr<c10::TensorImpl>> inside;
  const auto results = recomputed(
      [&](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
        const auto hidden = at::exp(in[0]);
        inside.emplace_back(hidden.getIntrusivePtr());
        return {hidden * hidden};
      },
      {x}, {});
  EXPECT_TRUE(inside.front().expired());
  results[0].sum().backward();
  EXPECT_NEAR(x.grad()[0].item<double>(), 2 * std::exp(2.0), 1e-5);
}

TEST(Recompute, TakesAPieceInsideAPiece) {
  auto x = at::full({3}, 0.3, at::kDouble).requires_grad_(true);
  const Piece inner = [](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> { return {at::sin(in[0])}; };
  const Piece outer = [&](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
    return {recomputed(inner, {in[0] * in[0]}, {})[0].exp()};
  };
  recomputed(outer, {x}, {})[0].sum().backward();
  const double v = 0.3;
  EXPECT_NEAR(x.grad()[0].item<double>(), std::exp(std::sin(v * v)) * std::cos(v * v) * 2 * v, 1e-12);
}

}  // namespace
}  // namespace vits::model
