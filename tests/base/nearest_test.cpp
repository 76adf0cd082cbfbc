#include "vits/base/nearest.h"

#include <gtest/gtest.h>

namespace {

using namespace vits::base;

TEST(EditDistance, CountsLettersAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("speed", "speed"), 0);
  EXPECT_EQ(edit_distance("sped", "speed"), 1);
  EXPECT_EQ(edit_distance("psseed", "speed"), 2);
  EXPECT_EQ(edit_distance("spede", "speed"), 1);
}

TEST(Nearest, IsTheLeastDistantUnlessTooFar) {
  const std::vector<std::string> known{"synthesize", "inspect", "convert"};
  EXPECT_EQ(nearest("synthesise", known), "synthesize");
  EXPECT_EQ(nearest("inspekt", known), "inspect");
  EXPECT_EQ(nearest("xyz", known), std::nullopt);
  EXPECT_EQ(nearest("a", {}), std::nullopt);
}

TEST(Nearest, IsTheShortestThatTheWordBeginsWhenNoneIsNear) {
  const std::vector<std::string> known{"--noise_scale_duration", "--noise_scale", "--seed"};
  EXPECT_EQ(nearest("--noise", known), "--noise_scale");
  EXPECT_EQ(nearest("--nois", known), "--noise_scale");
  EXPECT_EQ(nearest("--no", known), std::nullopt);
  EXPECT_EQ(nearest("---", known), std::nullopt);
}

}  // namespace
