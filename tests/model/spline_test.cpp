#include "spline.h"

#include <gtest/gtest.h>

#include "support/support.h"
#include "support/tensors.h"

namespace vits::model {
namespace {

struct Example {
  at::Tensor x;  // [N], some of them outside of the box
  SplineKnots knots;
};

// Widths and heights vary as in a network, which divides them by the square root of its width. Where a piece is nearly
// flat no single precision y tells its x.
Example example(at::ScalarType dtype, int64_t count = 500) {
  at::manual_seed(3);
  const auto options = at::device(at::kCPU).dtype(dtype);
  return {
      at::rand({count}, options) * 14 - 7,
      {at::randn({count, 10}, options) * 0.3, at::randn({count, 10}, options) * 0.3, at::randn({count, 9}, options)}};
}

TEST(Spline, EqualsTransformersThereAndBack) {
  const auto folder = support::reference_data("spline", "tests/model/spline_reference.py", {});
  const auto expected = support::read_tensors(folder / "spline.safetensors");
  const SplineKnots knots{expected.at("widths"), expected.at("heights"), expected.at("slopes")};
  const auto [y, log_slope] = spline(expected.at("x"), knots, 5.0);
  EXPECT_LT(support::difference(y, expected.at("y")), 1e-5);
  EXPECT_LT(support::difference(log_slope, expected.at("log_slope")), 1e-5);
  EXPECT_LT(support::difference(spline_inverse(expected.at("y_in"), knots, 5.0), expected.at("x_out")), 1e-5);
}

TEST(Spline, InverseUndoesIt) {
  const auto [x, knots] = example(at::kDouble);
  EXPECT_LT(support::difference(spline_inverse(spline(x, knots, 5.0).y, knots, 5.0), x), 1e-9);
  const auto [single_x, single_knots] = example(at::kFloat);
  EXPECT_LT(support::difference(spline_inverse(spline(single_x, single_knots, 5.0).y, single_knots, 5.0), single_x),
            1e-4);
}

TEST(Spline, LogSlopeIsTheDerivative) {
  const auto [x, knots] = example(at::kDouble);
  const auto place = x.clone().set_requires_grad(true);
  const auto [y, log_slope] = spline(place, knots, 5.0);
  y.sum().backward();
  EXPECT_LT(support::difference(place.grad().log(), log_slope), 1e-9);
}

TEST(Spline, IsTheIdentityOutsideOfTheBoxWithFiniteGradients) {
  auto [x, knots] = example(at::kFloat);
  x = (x.sign() * (5.5 + x.abs() * 1e6)).set_requires_grad(true);
  knots.widths.set_requires_grad(true);
  const auto [y, log_slope] = spline(x, knots, 5.0);
  EXPECT_TRUE(at::equal(y, x));
  EXPECT_EQ(log_slope.abs().max().item<float>(), 0.0f);
  (y + log_slope).sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), at::ones_like(x)));
  EXPECT_EQ(knots.widths.grad().abs().max().item<float>(), 0.0f);
}

}  // namespace
}  // namespace vits::model
