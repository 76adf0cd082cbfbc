#include "spline.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "loss/numeric_gradient.h"
#include "naive_spline.h"
#include "support/support.h"
#include "support/tensors.h"
#include "support/threads.h"
#include "vits/model/card.h"

namespace vits::model {
namespace {

// Element by element: a clip of one token each.
SplineKnots knots_of_tokens(const naive::Knots& knots, double bound) {
  const auto raw = at::cat({knots.widths, knots.heights, knots.slopes}, -1);
  return {raw.reshape({knots.widths.numel() / knots.widths.size(-1), raw.size(-1), 1}), /*scale=*/1, bound};
}

naive::Value bent(const at::Tensor& x, const naive::Knots& knots, double bound) {
  const auto tokens = x.reshape({x.numel(), 1, 1});
  const auto [y, log_determinant] = spline(tokens, knots_of_tokens(knots, bound), at::ones_like(tokens));
  return {y.view(x.sizes()), log_determinant.view(x.sizes())};
}

at::Tensor unbent(const at::Tensor& y, const naive::Knots& knots, double bound) {
  const auto tokens = y.reshape({y.numel(), 1, 1});
  return spline_inverse(tokens, knots_of_tokens(knots, bound), at::ones_like(tokens)).view(y.sizes());
}

struct SplineExample {
  at::Tensor x;  // [N], some of them outside of the box
  naive::Knots knots;
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
  const naive::Knots knots{expected.at("widths"), expected.at("heights"), expected.at("slopes")};
  const auto [y, log_slope] = bent(expected.at("x"), knots, 5.0);
  EXPECT_LT(support::difference(y, expected.at("y")), 1e-5);
  EXPECT_LT(support::difference(log_slope, expected.at("log_slope")), 1e-5);
  EXPECT_LT(support::difference(unbent(expected.at("y_in"), knots, 5.0), expected.at("x_out")), 1e-5);
}

TEST(Spline, InverseUndoesIt) {
  const auto [x, knots] = spline_example(at::kDouble);
  EXPECT_LT(support::difference(unbent(bent(x, knots, 5.0).y, knots, 5.0), x), 1e-9);
  const auto [single_x, single_knots] = spline_example(at::kFloat);
  EXPECT_LT(support::difference(unbent(bent(single_x, single_knots, 5.0).y, single_knots, 5.0), single_x), 1e-4);
}

TEST(Spline, LogSlopeIsTheDerivative) {
  const auto [x, knots] = spline_example(at::kDouble);
  const auto place = x.clone().set_requires_grad(true);
  const auto [y, log_slope] = bent(place, knots, 5.0);
  y.sum().backward();
  EXPECT_LT(support::difference(place.grad().log(), log_slope), 1e-9);
}

TEST(Spline, IsTheIdentityOutsideOfTheBoxWithFiniteGradients) {
  auto [x, knots] = spline_example(at::kFloat);
  x = (x.sign() * (5.5 + x.abs() * 1e6)).set_requires_grad(true);
  knots.widths.set_requires_grad(true);
  const auto [y, log_slope] = bent(x, knots, 5.0);
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
  naive::Knots knots() const {
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
    expect_same_spline(see(bent, exact), see(naive::spline, exact), 1e-9);
    expect_same_spline(see(bent, single), see(naive::spline, single), 1e-5);
  }
}

TEST(Spline, EqualsItForExtremeKnots) {
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    auto given = coupling(dtype, 1);
    given.raw = given.raw.sign() * 30;
    expect_same_spline(see(bent, given), see(naive::spline, given), dtype == at::kDouble ? 1e-9 : 1e-5);
  }
}

TEST(Spline, GradientOfOneOutputAloneIsThatOfTheSumWithoutTheOther) {
  const auto given = coupling(at::kDouble, 0.5);
  expect_same_spline(see(bent, given, 1, 0), see(naive::spline, given, 1, 0), 1e-9);
  expect_same_spline(see(bent, given, 0, 1), see(naive::spline, given, 0, 1), 1e-9);
}

TEST(Spline, GradientsAreThoseOfDifferences) {
  auto [x, knots] = spline_example(at::kDouble, 60);
  const auto loss = [&] {
    const auto [y, log_slope] = bent(x, knots, 5.0);
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
  const naive::Knots one{at::randn({10}, options), at::randn({10}, options), at::randn({9}, options)};
  const naive::Knots knots{one.widths.expand({11, 10}), one.heights.expand({11, 10}), one.slopes.expand({11, 9})};
  const auto x = naive::knot_positions(one.widths, 5.0).set_requires_grad(true);  // -5 and 5 among them
  const auto [y, log_slope] = bent(x, knots, 5.0);
  EXPECT_LT(support::difference(y, naive::knot_positions(one.heights, 5.0)), 1e-12);
  EXPECT_LT(support::difference(log_slope.exp(), naive::knot_slopes(one.slopes)), 1e-12);
  y.sum().backward();
  EXPECT_LT(support::difference(x.grad(), naive::knot_slopes(one.slopes)), 1e-12);
}

TEST(Spline, EndsOfTheBoxBelongToItAndNoGradientReachesTheKnotsBeyond) {
  const auto x = at::tensor({-5.0, 5.0, std::nextafter(5.0, 6.0), std::nextafter(-5.0, -6.0), 1e300}, at::kDouble);
  naive::Knots knots{at::randn({5, 10}, at::kDouble), at::randn({5, 10}, at::kDouble), at::randn({5, 9}, at::kDouble)};
  knots.slopes.set_requires_grad(true);
  const auto [y, log_slope] = bent(x, knots, 5.0);
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
  const auto [y, log_slope] = bent(x, knots, 5.0);
  EXPECT_TRUE(std::isnan(y[0].item<float>()));
  EXPECT_EQ(log_slope[0].item<float>(), 0.0f);
  EXPECT_TRUE(std::isnan(unbent(x, {knots.widths, knots.heights.detach(), knots.slopes}, 5.0)[0].item<float>()));
  log_slope.sum().backward();
  EXPECT_TRUE(at::equal(knots.heights.grad()[0], at::zeros({10})));
}

TEST(Spline, OfNothingIsNothing) {
  for (const int64_t batch : {0, 3}) {
    const auto seen = see(bent, coupling(at::kFloat, 1, batch, /*tokens=*/0));
    EXPECT_EQ(seen.y.numel(), 0);
    EXPECT_EQ(seen.raw_gradient.sizes(), (std::vector<int64_t>{batch, 29, 0}));
  }
}

TEST(Spline, InverseEqualsItsFormulaInTensorOperators) {
  for (const double spread : {0.3, 3.0}) {
    const auto exact = coupling(at::kDouble, spread), single = coupling(at::kFloat, spread);
    EXPECT_LT(apart(unbent(exact.x(), exact.knots(), 5.0), naive::spline_inverse(exact.x(), exact.knots(), 5.0)), 1e-9);
    EXPECT_LT(apart(unbent(single.x(), single.knots(), 5.0), naive::spline_inverse(single.x(), single.knots(), 5.0)),
              1e-5);
  }
}

// The operator as the network calls it, and the same in tensor operators: knots scaled, padding left out, slopes
// summed.
struct BatchSeen {
  at::Tensor y, log_determinant, x_gradient, raw_gradient;
};

BatchSeen see_batch(const Coupling& given, const at::Tensor& mask, bool by_tensors) {
  constexpr double kScale = 0.3, kBound = 4;
  const auto x = given.x().detach().clone().set_requires_grad(true);
  const auto raw = given.raw.detach().clone().set_requires_grad(true);
  SplineValue value;
  if (by_tensors) {
    const auto [widths, heights, slopes] = Coupling{given.channels, raw}.knots();
    const auto [y, log_slope] = naive::spline(x, {widths * kScale, heights * kScale, slopes}, kBound);
    value = {y * mask, (log_slope * mask).sum({1, 2})};
  } else {
    value = spline(x, {raw, kScale, kBound}, mask);
  }
  const auto weights = at::linspace(-1, 2, x.numel(), x.options()).view(x.sizes());
  ((value.y * weights).sum() + (value.log_determinant * at::arange(1, 1 + x.size(0), x.options())).sum()).backward();
  return {value.y.detach(), value.log_determinant.detach(), x.grad(), raw.grad()};
}

void expect_same_batch(const BatchSeen& seen, const BatchSeen& expected, double tolerance) {
  EXPECT_LT(apart(seen.y, expected.y), tolerance);
  EXPECT_LT(apart(seen.log_determinant, expected.log_determinant), tolerance);
  EXPECT_LT(apart(seen.x_gradient, expected.x_gradient), tolerance);
  EXPECT_LT(apart(seen.raw_gradient, expected.raw_gradient), tolerance);
}

at::Tensor mask_of(const std::vector<int64_t>& lengths, int64_t tokens, const at::Tensor& like) {
  const auto ends = at::tensor(lengths, at::kLong).view({-1, 1, 1});
  return (at::arange(tokens).view({1, 1, -1}) < ends).to(like.scalar_type());
}

TEST(Spline, OfABatchScalesItsKnotsLeavesPaddingOutAndSumsTheSlopes) {
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-9}, std::pair{at::kFloat, 1e-5}}) {
    const auto given = coupling(dtype, 2);
    const auto mask = mask_of({50, 1, 33}, 50, given.raw);
    expect_same_batch(see_batch(given, mask, false), see_batch(given, mask, true), tolerance);
    const at::NoGradGuard no_grad;
    const SplineKnots knots{given.raw, 0.3, 4};
    const auto y = spline(given.x(), knots, mask).y;
    EXPECT_LT(support::difference(spline_inverse(y, knots, mask), given.x() * mask), tolerance * 100);
  }
}

TEST(Spline, OfMoreElementsThanOneThreadTakesIsTheSame) {
  const auto given = coupling(at::kFloat, 0.3, 7, 3000);
  const auto mask = mask_of({3000, 2999, 17, 3000, 1, 2000, 3000}, 3000, given.raw);
  const auto seen = see_batch(given, mask, false);
  expect_same_batch(seen, see_batch(given, mask, true), 1e-5);
  const support::Threads one(1);
  const auto alone = see_batch(given, mask, false);
  EXPECT_TRUE(at::equal(seen.log_determinant, alone.log_determinant));
  EXPECT_TRUE(at::equal(seen.raw_gradient, alone.raw_gradient));
}

TEST(Spline, TakesHalfPrecisionAndViews) {
  const auto given = coupling(at::kFloat, 0.3);
  const auto mask = at::ones({3, 1, 50});
  const auto expected = spline(given.x().contiguous(), {given.raw}, mask);
  const SplineKnots turned{given.raw.transpose(1, 2).contiguous().transpose(1, 2)};
  EXPECT_TRUE(at::equal(spline(given.x(), turned, mask).y, expected.y));
  const auto half = spline(given.x().to(at::kBFloat16), {given.raw}, mask).y;
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_LT(support::difference(half, expected.y), 0.1);
}

TEST(Spline, RefusesWhatItHasNoGradientFor) {
  auto [x, knots] = spline_example(at::kDouble, 8);
  x.set_requires_grad(true);
  EXPECT_THROW(unbent(x, knots, 5.0), c10::Error);
  const auto y = bent(x, knots, 5.0).y.sum();
  EXPECT_THROW(torch::autograd::grad({y}, {x}, {}, /*retain_graph=*/true, /*create_graph=*/true), c10::Error);
}

TEST(Spline, KnotsOfAnotherShapeAreOurBug) {
  const auto given = coupling(at::kFloat, 1);
  const auto mask = at::ones({3, 1, 50});
  EXPECT_THROW(spline(given.x(), {given.raw.narrow(1, 0, 28)}, mask), c10::Error);
  EXPECT_THROW(spline(given.x(), {given.raw.narrow(2, 0, 49)}, mask), c10::Error);
  EXPECT_THROW(spline(given.x(), {given.raw}, mask.narrow(0, 0, 2)), c10::Error);
}

TEST(SplineCuda, EqualsTheProcessorAndAllGradients) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const auto given = coupling(dtype, 0.5, 3, 309);
    const auto mask = mask_of({309, 2, 300}, 309, given.raw);
    const Coupling there{given.channels.cuda(), given.raw.cuda()};
    const double tolerance = dtype == at::kDouble ? 1e-12 : 1e-6;
    expect_same_batch(see_batch(there, mask.cuda(), false), see_batch(given, mask, false), tolerance);
    const at::NoGradGuard no_grad;
    EXPECT_LT(apart(spline_inverse(there.x(), {there.raw}, mask.cuda()), spline_inverse(given.x(), {given.raw}, mask)),
              tolerance);
  }
  EXPECT_EQ(spline(at::empty({0, 1, 3}, at::kCUDA), {at::empty({0, 29, 3}, at::kCUDA)}, at::empty({0, 1, 3}, at::kCUDA))
                .y.numel(),
            0);
}

}  // namespace
}  // namespace vits::model
