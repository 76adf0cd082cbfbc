// Convolution with fewer multiplications (Toom and Cook; Winograd's name for it is minimal filtering).
//
// `outputs` neighbouring results of a filter with `taps` taps need outputs * taps multiplications done plainly, and
// only outputs + taps - 1 when inputs and taps are first transformed:
//
//   result = A^T [ (G taps) * (B^T inputs) ]        * elementwise, one product for each of the `points`
//
// The transforms cost additions per channel, the products are what sums over channels, so with 32 channels and more the
// saving is nearly whole. The matrices follow from the points at which the polynomials are evaluated: 0, 1, -1, 2, -2,
// 1/2 and infinity. More points would save more and round worse: with six outputs of six taps the error is six times
// this one.
#pragma once
#include <array>

namespace vits::model {

template <int kOutputs, int kTaps>
struct ToomCook {
  static constexpr int points = kOutputs + kTaps - 1;
  static_assert(points <= 8);

  template <int kRows, int kColumns>
  using Matrix = std::array<std::array<double, kColumns>, kRows>;
  Matrix<points, points> input{};     // B^T
  Matrix<points, kTaps> filter{};     // G
  Matrix<kOutputs, points> output{};  // A^T

  constexpr ToomCook() {
    constexpr double at[7] = {0, 1, -1, 2, -2, 0.5, -0.5};
    constexpr int finite = points - 1;
    for (int i = 0; i < finite; ++i) {
      double product = 1;
      for (int j = 0; j < finite; ++j)
        if (j != i) product *= at[i] - at[j];
      double power = 1;
      for (int k = 0; k < points; ++k, power *= at[i]) {
        if (k < kTaps) filter[i][k] = power / product;
        if (k < kOutputs) output[k][i] = power;
      }
      input[i] = roots_to_coefficients(at, finite, i);
    }
    filter[finite][kTaps - 1] = 1;  // infinity reads the leading coefficients
    output[kOutputs - 1][finite] = 1;
    input[finite] = roots_to_coefficients(at, finite, -1);
  }

 private:
  // Of the product of (x - root) over all roots but number `left_out`; lowest power first.
  static constexpr std::array<double, points> roots_to_coefficients(const double* roots, int count, int left_out) {
    std::array<double, points> coefficients{};
    coefficients[0] = 1;
    for (int j = 0; j < count; ++j) {
      if (j == left_out) continue;
      for (int k = points - 1; k >= 0; --k)
        coefficients[k] = (k > 0 ? coefficients[k - 1] : 0) - roots[j] * coefficients[k];
    }
    return coefficients;
  }
};

}  // namespace vits::model
