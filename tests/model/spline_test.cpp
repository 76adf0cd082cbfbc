#include "spline.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

#include <cmath>

#include "loss/numeric_gradient.h"
#include "naive_spline.h"
#include "support/support.h"
#include "support/tensors.h"

namespace vits::model {
namespace {

struct SplineExample {
  at::Tensor x;  // [N], some of them outside of the box
  SplineKnots knots;
};

// Widths and heights vary as in a network, which divides them by the square root of its width. Where a piece is nearly
// flat no single precision y tells its x.
SplineExample spline_example(at::ScalarType dtype, int64_t count = 500) {
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
  const auto [x, knots] = spline_example(at::kDouble);
  EXPECT_LT(support::difference(spline_inverse(spline(x, knots, 5.0).y, knots, 5.0), x), 1e-9);
  const auto [single_x, single_knots] = spline_example(at::kFloat);
  EXPECT_LT(support::difference(spline_inverse(spline(single_x, single_knots, 5.0).y, single_knots, 5.0), single_x),
            1e-4);
}

TEST(Spline, LogSlopeIsTheDerivative) {
  const auto [x, knots] = spline_example(at::kDouble);
  const auto place = x.clone().set_requires_grad(true);
  const auto [y, log_slope] = spline(place, knots, 5.0);
  y.sum().backward();
  EXPECT_LT(support::difference(place.grad().log(), log_slope), 1e-9);
}

TEST(Spline, IsTheIdentityOutsideOfTheBoxWithFiniteGradients) {
  auto [x, knots] = spline_example(at::kFloat);
  x = (x.sign() * (5.5 + x.abs() * 1e6)).set_requires_grad(true);
  knots.widths.set_requires_grad(true);
  const auto [y, log_slope] = spline(x, knots, 5.0);
  EXPECT_TRUE(at::equal(y, x));
  EXPECT_EQ(log_slope.abs().max().item<float>(), 0.0f);
  (y + log_slope).sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), at::ones_like(x)));
  EXPECT_EQ(knots.widths.grad().abs().max().item<float>(), 0.0f);
}

// What the network gives to a coupling: x is one of two channels, and the knots of [batch, tokens] are views of what a
// convolution left as [batch, 3 bins - 1, tokens].
struct Coupling {
  at::Tensor channels, raw;  // the leaves

  at::Tensor x() const { return channels.narrow(1, 1, 1); }
  SplineKnots knots() const {
    const auto rows = raw.transpose(1, 2).unsqueeze(1);
    return {rows.narrow(-1, 0, 10), rows.narrow(-1, 10, 10), rows.narrow(-1, 20, 9)};
  }
};

Coupling coupling(at::ScalarType dtype, double spread, int64_t batch = 3, int64_t tokens = 50) {
  at::manual_seed(11);
  const auto options = at::device(at::kCPU).dtype(at::kDouble);
  const auto channels = at::rand({batch, 2, tokens}, options) * 12 - 6;
  return {channels.to(dtype), (at::randn({batch, 29, tokens}, options) * spread).to(dtype)};
}

// Everything that training sees: both outputs and the gradients of a sum of them with given weights.
struct Seen {
  at::Tensor y, log_slope, channels_gradient, raw_gradient;
};

template <class Spline>
Seen see(const Spline& function, const Coupling& given, double y_weight = 1, double log_slope_weight = 1) {
  Coupling leaves{given.channels.detach().clone().set_requires_grad(true),
                  given.raw.detach().clone().set_requires_grad(true)};
  const auto [y, log_slope] = function(leaves.x(), leaves.knots(), 5.0);
  const auto weights = at::linspace(-1, 2, y.numel(), y.options()).view(y.sizes());
  at::Tensor loss = at::zeros({}, y.options());
  if (y_weight != 0) loss = loss + (y * weights).sum() * y_weight;
  if (log_slope_weight != 0) loss = loss + (log_slope * (1 - weights)).sum() * log_slope_weight;
  loss.backward();
  return {y.detach(), log_slope.detach(), leaves.channels.grad(), leaves.raw.grad()};
}

// The largest difference, as a share of 1 + |expected|.
double apart(const at::Tensor& a, const at::Tensor& expected) {
  EXPECT_EQ(a.scalar_type(), expected.scalar_type());
  const auto exact = expected.to(at::kDouble).cpu();
  return support::difference(a.to(at::kDouble).cpu() / (1 + exact.abs()), exact / (1 + exact.abs()));
}

void expect_same_spline(const Seen& seen, const Seen& expected, double tolerance) {
  EXPECT_LT(apart(seen.y, expected.y), tolerance);
  EXPECT_LT(apart(seen.log_slope, expected.log_slope), tolerance);
  EXPECT_LT(apart(seen.channels_gradient, expected.channels_gradient), tolerance);
  EXPECT_LT(apart(seen.raw_gradient, expected.raw_gradient), tolerance);
}

TEST(Spline, EqualsItsFormulaInTensorOperatorsAndAllGradients) {
  for (const double spread : {0.3, 3.0}) {
    const auto exact = coupling(at::kDouble, spread), single = coupling(at::kFloat, spread);
    expect_same_spline(see(spline, exact), see(naive::spline, exact), 1e-9);
    expect_same_spline(see(spline, single), see(naive::spline, single), 1e-5);
  }
}

TEST(Spline, EqualsItForExtremeKnots) {
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    auto given = coupling(dtype, 1);
    given.raw = given.raw.sign() * 30;
    expect_same_spline(see(spline, given), see(naive::spline, given), dtype == at::kDouble ? 1e-9 : 1e-5);
  }
}

TEST(Spline, GradientOfOneOutputAloneIsThatOfTheSumWithoutTheOther) {
  const auto given = coupling(at::kDouble, 0.5);
  expect_same_spline(see(spline, given, 1, 0), see(naive::spline, given, 1, 0), 1e-9);
  expect_same_spline(see(spline, given, 0, 1), see(naive::spline, given, 0, 1), 1e-9);
}

TEST(Spline, GradientsAreThoseOfDifferences) {
  auto [x, knots] = spline_example(at::kDouble, 60);
  const auto loss = [&] {
    const auto [y, log_slope] = spline(x, knots, 5.0);
    const auto weights = at::linspace(-1, 2, y.numel(), y.options());
    return (y * weights + log_slope.square()).sum();
  };
  support::expect_numeric_gradient(loss, x);
  support::expect_numeric_gradient(loss, knots.widths, 200);
  support::expect_numeric_gradient(loss, knots.heights, 200);
  support::expect_numeric_gradient(loss, knots.slopes, 200);
}

TEST(Spline, GoesThroughItsKnotsWithTheirSlopes) {
  at::manual_seed(4);
  const auto options = at::device(at::kCPU).dtype(at::kDouble);
  const SplineKnots one{at::randn({10}, options), at::randn({10}, options), at::randn({9}, options)};
  const SplineKnots knots{one.widths.expand({11, 10}), one.heights.expand({11, 10}), one.slopes.expand({11, 9})};
  const auto x = naive::knot_positions(one.widths, 5.0).set_requires_grad(true);  // -5 and 5 among them
  const auto [y, log_slope] = spline(x, knots, 5.0);
  EXPECT_LT(support::difference(y, naive::knot_positions(one.heights, 5.0)), 1e-12);
  EXPECT_LT(support::difference(log_slope.exp(), naive::knot_slopes(one.slopes)), 1e-12);
  y.sum().backward();
  EXPECT_LT(support::difference(x.grad(), naive::knot_slopes(one.slopes)), 1e-12);
}

TEST(Spline, EndsOfTheBoxBelongToItAndNoGradientReachesTheKnotsBeyond) {
  const auto x = at::tensor({-5.0, 5.0, std::nextafter(5.0, 6.0), std::nextafter(-5.0, -6.0), 1e300}, at::kDouble);
  SplineKnots knots{at::randn({5, 10}, at::kDouble), at::randn({5, 10}, at::kDouble), at::randn({5, 9}, at::kDouble)};
  knots.slopes.set_requires_grad(true);
  const auto [y, log_slope] = spline(x, knots, 5.0);
  EXPECT_LT(support::difference(y, x), 1e-12);
  EXPECT_LT(log_slope.abs().max().item<double>(), 1e-12);
  log_slope.sum().backward();
  const auto reached = knots.slopes.grad().abs().sum(-1);
  EXPECT_EQ(reached.narrow(0, 2, 3).max().item<double>(), 0.0);
}

TEST(Spline, OfWhatIsNotANumberIsNotANumberAndBendsNothing) {
  auto [x, knots] = spline_example(at::kFloat, 2);
  x[0].fill_(NAN);
  knots.heights.set_requires_grad(true);
  const auto [y, log_slope] = spline(x, knots, 5.0);
  EXPECT_TRUE(std::isnan(y[0].item<float>()));
  EXPECT_EQ(log_slope[0].item<float>(), 0.0f);
  EXPECT_TRUE(
      std::isnan(spline_inverse(x, {knots.widths, knots.heights.detach(), knots.slopes}, 5.0)[0].item<float>()));
  log_slope.sum().backward();
  EXPECT_TRUE(at::equal(knots.heights.grad()[0], at::zeros({10})));
}

TEST(Spline, OfNothingIsNothing) {
  for (const int64_t batch : {0, 3}) {
    const auto seen = see(spline, coupling(at::kFloat, 1, batch, /*tokens=*/0));
    EXPECT_EQ(seen.y.numel(), 0);
    EXPECT_EQ(seen.raw_gradient.sizes(), (std::vector<int64_t>{batch, 29, 0}));
  }
}

TEST(Spline, InverseEqualsItsFormulaInTensorOperators) {
  for (const double spread : {0.3, 3.0}) {
    const auto exact = coupling(at::kDouble, spread), single = coupling(at::kFloat, spread);
    EXPECT_LT(
        apart(spline_inverse(exact.x(), exact.knots(), 5.0), naive::spline_inverse(exact.x(), exact.knots(), 5.0)),
        1e-9);
    EXPECT_LT(
        apart(spline_inverse(single.x(), single.knots(), 5.0), naive::spline_inverse(single.x(), single.knots(), 5.0)),
        1e-5);
  }
}

TEST(Spline, OfMoreElementsThanOneThreadTakesIsTheSame) {
  const auto given = coupling(at::kFloat, 0.3, 2, 20'000);
  expect_same_spline(see(spline, given), see(naive::spline, given), 1e-5);
}

TEST(Spline, TakesHalfPrecisionAndAnyNumberOfAxes) {
  const auto [x, knots] = spline_example(at::kFloat, 24);
  const auto expected = spline(x, knots, 5.0);
  const SplineKnots cubes{knots.widths.view({2, 3, 4, 10}), knots.heights.view({2, 3, 4, 10}),
                          knots.slopes.view({2, 3, 4, 9})};
  EXPECT_TRUE(at::equal(spline(x.view({2, 3, 4}), cubes, 5.0).y.flatten(), expected.y));
  const SplineKnots row{knots.widths[7], knots.heights[7], knots.slopes[7]};
  EXPECT_TRUE(at::equal(spline(x[7], row, 5.0).log_slope, expected.log_slope[7]));
  const auto half = spline(x.to(at::kBFloat16), knots, 5.0).y;
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_LT(support::difference(half, expected.y), 0.1);
}

TEST(Spline, RefusesWhatItHasNoGradientFor) {
  auto [x, knots] = spline_example(at::kDouble, 8);
  x.set_requires_grad(true);
  EXPECT_THROW(spline_inverse(x, knots, 5.0), c10::Error);
  const auto y = spline(x, knots, 5.0).y.sum();
  EXPECT_THROW(torch::autograd::grad({y}, {x}, {}, /*retain_graph=*/true, /*create_graph=*/true), c10::Error);
}

TEST(Spline, KnotsOfAnotherShapeAreOurBug) {
  const auto [x, knots] = spline_example(at::kFloat, 8);
  EXPECT_THROW(spline(x, {knots.widths, knots.heights, knots.widths}, 5.0), c10::Error);
  EXPECT_THROW(spline(x.narrow(0, 0, 7), knots, 5.0), c10::Error);
}

TEST(SplineCuda, EqualsTheProcessorAndAllGradients) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const auto given = coupling(dtype, 0.5, 8, 309);
    const Coupling there{given.channels.cuda(), given.raw.cuda()};
    const double tolerance = dtype == at::kDouble ? 1e-12 : 1e-6;
    expect_same_spline(see(spline, there), see(spline, given), tolerance);
    EXPECT_LT(apart(spline_inverse(there.x(), there.knots(), 5.0), spline_inverse(given.x(), given.knots(), 5.0)),
              tolerance);
  }
  EXPECT_EQ(spline(at::empty({0}, at::kCUDA),
                   {at::empty({0, 10}, at::kCUDA), at::empty({0, 10}, at::kCUDA), at::empty({0, 9}, at::kCUDA)}, 5.0)
                .y.numel(),
            0);
}

}  // namespace
}  // namespace vits::model
