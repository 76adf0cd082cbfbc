#include "band.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/card.h"

namespace vits::model {

namespace {

// By the definition, number by number.
at::Tensor square_by_definition(const at::Tensor& band) {
  const int64_t tokens = band.size(1), window = band.size(2) / 2;
  auto square = at::zeros({band.size(0), tokens, tokens}, band.options());
  for (int64_t n = 0; n < band.size(0); ++n)
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t j = std::max<int64_t>(0, i - window); j <= std::min(tokens - 1, i + window); ++j)
        square[n][i][j] = band[n][i][j - i + window];
  return square;
}

}  // namespace

TEST(Band, BecomesTheDiagonalsOfASquare) {
  at::manual_seed(1);
  for (const int64_t tokens : {1, 3, 4, 5, 11}) {
    const auto band = at::randn({2, tokens, 9});
    EXPECT_TRUE(band_to_square(band).equal(square_by_definition(band))) << tokens;
  }
}

TEST(Band, ComesBackFromTheSquareWithZerosWhereThereIsNothing) {
  at::manual_seed(2);
  for (const int64_t tokens : {1, 4, 12}) {
    const auto square = at::randn({3, tokens, tokens});
    const auto band = square_to_band(square, 4);
    ASSERT_EQ(band.sizes(), (std::vector<int64_t>{3, tokens, 9}));
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t d = 0; d < 9; ++d) {
        const int64_t j = i + d - 4;
        const float expected = j >= 0 && j < tokens ? square[1][i][j].item<float>() : 0.0f;
        EXPECT_EQ(band[1][i][d].item<float>(), expected) << i << ' ' << d;
      }
  }
}

TEST(Band, EachIsTheOthersGradient) {
  at::manual_seed(3);
  for (const auto dtype : {at::kDouble, at::kFloat, at::kBFloat16}) {
    const auto band = at::randn({2, 6, 5}, dtype).set_requires_grad(true);
    const auto square = at::randn({2, 6, 6}, dtype).set_requires_grad(true);
    const auto of_band = torch::autograd::grad({band_to_square(band)}, {band}, {square.detach()})[0];
    EXPECT_TRUE(of_band.equal(square_to_band(square.detach(), 2)));
    const auto of_square = torch::autograd::grad({square_to_band(square, 2)}, {square}, {band.detach()})[0];
    EXPECT_TRUE(of_square.equal(band_to_square(band.detach())));
  }
}

TEST(BandCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(3);
  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    for (const int64_t tokens : {1, 3, 33}) {  // fewer than the window, too
      const auto band = at::randn({4, tokens, 9}, at::kDouble).to(dtype).set_requires_grad(true);
      const auto square = at::randn({4, tokens, tokens}, at::kDouble).to(dtype).set_requires_grad(true);
      const auto run = [&](const at::Device& device) {
        const auto of_band = support::copy_on(device, band), of_square = support::copy_on(device, square);
        const auto wide = band_to_square(of_band), narrow = square_to_band(of_square, 4);
        return std::vector<at::Tensor>{wide, narrow, torch::autograd::grad({wide}, {of_band}, {of_square.detach()})[0],
                                       torch::autograd::grad({narrow}, {of_square}, {of_band.detach()})[0]};
      };
      const auto there = run(*card), here = run(at::kCPU);
      for (size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(there[i].cpu().equal(here[i])) << dtype << tokens << i;
    }
  }
}

}  // namespace vits::model
