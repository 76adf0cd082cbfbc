#include "neighbour_graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace vits::speaker {
namespace {

// A chain of points, each joined to the next: its Laplacian's eigenvalues are 2 - 2 cos(pi k / size).
TEST(OuterEigenvalues, AreThoseOfAChain) {
  for (const int64_t size : {1, 2, 3, 40, 101}) {
    std::vector<double> matrix(size_t(size * size), 0.0);
    for (int64_t point = 0; point + 1 < size; ++point) {
      matrix[size_t(point * size + point)] += 1.0;
      matrix[size_t((point + 1) * size + point + 1)] += 1.0;
      matrix[size_t(point * size + point + 1)] = matrix[size_t((point + 1) * size + point)] = -1.0;
    }
    const int64_t count = std::min<int64_t>(size, 7);
    const auto expected = [size](int64_t k) {
      return 2.0 - 2.0 * std::cos(std::numbers::pi * double(k) / double(size));
    };
    const std::vector<double> found = outer_eigenvalues(matrix, size, 7);
    ASSERT_EQ(int64_t(found.size()), count + 1);
    for (int64_t k = 0; k < count; ++k) EXPECT_NEAR(found[size_t(k)], expected(k), 1e-9) << size << ", " << k;
    EXPECT_NEAR(found.back(), expected(size - 1), 1e-9) << size;
  }
}

TEST(OuterEigenvalues, AreThoseOfAFullMatrix) {
  // x x^T + 3: one eigenvalue is 3 + |x|^2, all others are 3.
  constexpr int64_t kSize = 25;
  std::vector<double> matrix(kSize * kSize), x(kSize);
  double squares = 0.0;
  for (size_t i = 0; i < kSize; ++i) {
    x[i] = std::sin(double(i) + 1.0);
    squares += x[i] * x[i];
  }
  for (size_t i = 0; i < kSize; ++i)
    for (size_t j = 0; j < kSize; ++j) matrix[i * kSize + j] = x[i] * x[j] + (i == j ? 3.0 : 0.0);
  const std::vector<double> found = outer_eigenvalues(matrix, kSize, 4);
  ASSERT_EQ(found.size(), 5u);
  for (size_t k = 0; k < 4; ++k) EXPECT_NEAR(found[k], 3.0, 1e-9);
  EXPECT_NEAR(found.back(), 3.0 + squares, 1e-9);
}

}  // namespace
}  // namespace vits::speaker
