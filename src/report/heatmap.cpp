#include "heatmap.h"

#include <algorithm>
#include <cmath>

#include "vits/base/error.h"

namespace vits::report {

namespace {

constexpr int64_t kMostCells = 1024;  // of a side: more than TensorBoard shows, and the file stays small
constexpr int64_t kFewCells = 512;    // a side is scaled up to this at most
constexpr int64_t kLargestScale = 8;

// A colour of CIELAB, in which equal distances look about equal: lightness 0 to 100, green to red, blue to yellow.
struct Lab {
  double lightness = 0.0, red = 0.0, yellow = 0.0;
};

// Their lightness rises by the same step each time; the hues lie within what a screen can show at that lightness.
constexpr Lab kAnchors[] = {{2, 1, -4}, {20.4, 24, -36}, {38.8, 50, -26}, {57.2, 54, 14}, {75.6, 20, 48}, {94, -3, 24}};

uint8_t screen_level(double linear) {
  const double level = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return static_cast<uint8_t>(std::lround(255 * std::clamp(level, 0.0, 1.0)));
}

// By way of CIE XYZ with the white of D65 to sRGB, as IEC 61966-2-1 has it.
formats::Color screen_color(const Lab& color) {
  const auto cube = [](double value) {
    constexpr double kKnee = 6.0 / 29;
    return value > kKnee ? value * value * value : 3 * kKnee * kKnee * (value - 4.0 / 29);
  };
  const double middle = (color.lightness + 16) / 116;
  const double x = 0.95047 * cube(middle + color.red / 500), y = cube(middle);
  const double z = 1.08883 * cube(middle - color.yellow / 200);
  return {screen_level(3.2406 * x - 1.5372 * y - 0.4986 * z), screen_level(-0.9689 * x + 1.8758 * y + 0.0415 * z),
          screen_level(0.0557 * x - 0.2040 * y + 1.0570 * z)};
}

formats::Palette made_palette() {
  formats::Palette palette;
  constexpr double kStretches = std::size(kAnchors) - 1;
  for (size_t place = 0; place < palette.size(); ++place) {
    const double at = static_cast<double>(place) / 255 * kStretches;
    const auto first = static_cast<size_t>(std::min(at, kStretches - 1));
    const double part = at - static_cast<double>(first);
    const Lab &from = kAnchors[first], &to = kAnchors[first + 1];
    palette[place] = screen_color({std::lerp(from.lightness, to.lightness, part), std::lerp(from.red, to.red, part),
                                   std::lerp(from.yellow, to.yellow, part)});
  }
  return palette;
}

// Means of `by_rows` x `by_columns` neighbours; at the far edges of what is left of them.
Heatmap averaged(const Heatmap& map, int64_t by_rows, int64_t by_columns) {
  Heatmap small{(map.rows + by_rows - 1) / by_rows, (map.columns + by_columns - 1) / by_columns, {}};
  std::vector<double> sums(static_cast<size_t>(small.rows * small.columns)), counts(sums.size());
  for (int64_t row = 0; row < map.rows; ++row) {
    for (int64_t column = 0; column < map.columns; ++column) {
      const auto to = static_cast<size_t>(row / by_rows * small.columns + column / by_columns);
      sums[to] += map.values[static_cast<size_t>(row * map.columns + column)];
      ++counts[to];
    }
  }
  for (size_t place = 0; place < sums.size(); ++place)
    small.values.push_back(static_cast<float>(sums[place] / counts[place]));
  return small;
}

int64_t groups_of(int64_t cells) { return (cells + kMostCells - 1) / kMostCells; }

// The places of the numbers in the palette.
std::vector<uint8_t> shades(const std::vector<float>& values) {
  float least = INFINITY, most = -INFINITY;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  std::vector<uint8_t> places;
  for (const float value : values) {
    const double share = most > least && std::isfinite(value) ? (double{value} - least) / (double{most} - least) : 0.0;
    places.push_back(static_cast<uint8_t>(std::lround(255 * share)));
  }
  return places;
}

}  // namespace

const formats::Palette& even_palette() {
  static const formats::Palette palette = made_palette();
  return palette;
}

Picture picture_of(const Heatmap& map) {
  if (map.rows < 1 || map.columns < 1 || static_cast<int64_t>(map.values.size()) != map.rows * map.columns)
    throw Error("a map of {} rows and {} columns cannot be drawn from {} numbers.", map.rows, map.columns,
                map.values.size());
  const int64_t by_rows = groups_of(map.rows), by_columns = groups_of(map.columns);
  Heatmap small;
  if (by_rows > 1 || by_columns > 1) small = averaged(map, by_rows, by_columns);
  const Heatmap& drawn = small.values.empty() ? map : small;

  const auto places = shades(drawn.values);
  const int64_t scale = std::clamp<int64_t>(kFewCells / std::max(drawn.rows, drawn.columns), 1, kLargestScale);
  Picture picture{drawn.columns * scale, drawn.rows * scale, {}};
  std::vector<uint8_t> cells;
  cells.reserve(static_cast<size_t>(picture.width * picture.height));
  for (int64_t y = 0; y < picture.height; ++y) {
    const int64_t row = drawn.rows - 1 - y / scale;  // the first row stands at the bottom
    for (int64_t x = 0; x < picture.width; ++x)
      cells.push_back(places[static_cast<size_t>(row * drawn.columns + x / scale)]);
  }
  picture.png = formats::png_bytes(picture.width, picture.height, cells, even_palette());
  return picture;
}

}  // namespace vits::report
