#include "heatmap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "support/support.h"
#include "vits/base/files.h"

namespace {

using namespace vits::report;
using vits::formats::Color;

double linear(uint8_t level) {
  const double value = level / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

// CIE L*: 0 black, 100 white, equal steps look equal.
double lightness(const Color& color) {
  const double luminance = 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
  return luminance > 0.008856 ? 116 * std::cbrt(luminance) - 16 : 903.3 * luminance;
}

struct Seen {
  int64_t width = 0, height = 0;
  std::string colors;
  std::string at(int64_t x, int64_t y) const { return colors.substr(static_cast<size_t>(3 * (y * width + x)), 3); }
};

Seen seen(const Heatmap& map) {
  const Picture picture = picture_of(map);
  const vits::base::TemporaryFolder folder;
  vits::base::write_file(folder.path() / "map.png", picture.png);
  std::istringstream said(vits::support::run_python(
      "tests/formats/read_png.py", {(folder.path() / "map.png").string(), (folder.path() / "colors").string()}));
  Seen result;
  std::string kind;
  said >> kind >> result.width >> result.height;
  EXPECT_EQ(result.width, picture.width);
  EXPECT_EQ(result.height, picture.height);
  result.colors = vits::base::read_file(folder.path() / "colors");
  return result;
}

std::string color_at(size_t place) {
  const Color& color = even_palette()[place];
  return {static_cast<char>(color.red), static_cast<char>(color.green), static_cast<char>(color.blue)};
}

TEST(Heatmap, ColorsGetLighterByEqualSteps) {
  const double first = lightness(even_palette().front()), last = lightness(even_palette().back());
  EXPECT_LT(first, 5);
  EXPECT_GT(last, 90);
  for (size_t place = 0; place < 256; ++place)
    EXPECT_NEAR(lightness(even_palette()[place]), std::lerp(first, last, static_cast<double>(place) / 255), 1.5)
        << place;
}

TEST(Heatmap, HasItsFirstRowAtTheBottomAndTinyMapsAreScaledUp) {
  const Seen picture = seen({2, 3, {0.0f, 1.0f, 2.0f, 4.0f, NAN, 4.0f}});
  ASSERT_EQ(picture.width, 24);
  ASSERT_EQ(picture.height, 16);
  EXPECT_EQ(picture.at(0, 15), color_at(0));
  EXPECT_EQ(picture.at(8, 8), color_at(64));
  EXPECT_EQ(picture.at(23, 15), color_at(128));
  EXPECT_EQ(picture.at(7, 7), color_at(255));
  EXPECT_EQ(picture.at(15, 0), color_at(0));  // what is no number counts as the least
}

TEST(Heatmap, WideMapsAreAveragedToAThousandColumns) {
  constexpr int64_t kColumns = 2501;  // three to one, two left over
  Heatmap map{1, kColumns, {}};
  for (int64_t column = 0; column < kColumns; ++column)
    map.values.push_back(column == 0 ? 3.0f : column >= 2499 ? 2.0f : 0.0f);
  const Seen picture = seen(map);
  ASSERT_EQ(picture.width, 834);
  ASSERT_EQ(picture.height, 1);
  EXPECT_EQ(picture.at(0, 0), color_at(128));  // (3 + 0 + 0) / 3 of 2
  EXPECT_EQ(picture.at(1, 0), color_at(0));
  EXPECT_EQ(picture.at(833, 0), color_at(255));  // (2 + 2) / 2
}

TEST(Heatmap, OfEqualNumbersIsDark) {
  const Seen picture = seen({1, 1, {7.0f}});
  EXPECT_EQ(picture.at(0, 0), color_at(0));
}

}  // namespace
