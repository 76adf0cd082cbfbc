#include "lane_transform.h"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>
#include <random>
#include <vector>

namespace vits::audio {
namespace {

// Float32 keeps 7 digits; a transform adds some bits of noise, the sum of doubles none.
TEST(LaneTransform, EqualsTheSumThatDefinesIt) {
  std::mt19937 random(5);
  for (const int64_t length : {2, 3, 4, 5, 7, 8, 9, 28, 60, 105, 126, 256}) {
    const LaneTransform transform(length);
    std::vector<LanePoint> points(length), scratch(length);
    for (LanePoint& point : points)
      for (int64_t lane = 0; lane < LanePoint::kLanes; ++lane) {
        point.re[lane] = static_cast<float>(random()) / 4294967296.0f - 0.5f;
        point.im[lane] = static_cast<float>(random()) / 4294967296.0f - 0.5f;
      }
    const auto given = points;
    const LanePoint* const found = transform.run(points.data(), scratch.data());
    for (const int64_t lane : {int64_t{0}, LanePoint::kLanes - 1})
      for (int64_t k = 0; k < length; ++k) {
        std::complex<double> sum = 0.0;
        for (int64_t n = 0; n < length; ++n)
          sum += std::complex<double>(given[n].re[lane], given[n].im[lane])
                 * std::polar(
                     1.0, -2.0 * std::numbers::pi * static_cast<double>(k * n % length) / static_cast<double>(length));
        EXPECT_NEAR(found[k].re[lane], sum.real(), 1e-5) << length << ", " << k;
        EXPECT_NEAR(found[k].im[lane], sum.imag(), 1e-5) << length << ", " << k;
      }
  }
}

TEST(LaneTransform, KnowsLengthsOfSmallPrimes) {
  for (const int64_t length : {1, 2, 3528, 2560, 3072}) EXPECT_TRUE(LaneTransform::knows(length)) << length;
  for (const int64_t length : {11, 16001, 3 * 13}) EXPECT_FALSE(LaneTransform::knows(length)) << length;
}

}  // namespace
}  // namespace vits::audio
