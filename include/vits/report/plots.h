// Plots as SVG for a page (html.h): histogram, bars, scatter. Drawn in a box 360 units wide, the width of a telephone,
// so that their letters stay readable there; they take their colours from the page's styles.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vits::report {

struct Mark {  // a vertical line with a word
  double at = 0.0;
  std::string label;
};

struct Histogram {
  std::string title, unit;
  double begin = 0.0;
  double bin_width = 1.0;
  std::vector<int64_t> counts;
  std::vector<Mark> marks;
};

// Counts finite values in some 10 to 40 bins with round edges, the last one with its upper edge; values that are not
// finite are left out. Bins narrower than `least_bin_width` would show what nobody can hear.
Histogram histogram_of(const std::vector<double>& values, std::string title, std::string unit,
                       double least_bin_width = 0.0);

struct Bar {
  std::string name;
  double value = 0.0;
  std::string shown;  // the value as people read it
  size_t color = 0;   // see series_color()
};

struct Bars {  // horizontal ones, the names before them
  std::string title;
  std::vector<Bar> bars;
};

struct Point {
  double x = 0.0, y = 0.0;
  size_t group = 0;
  std::string label;  // shown under the pointer, and on a touch
  std::string sound;  // path relative to the page, played on a click; empty: none
};

struct PointGroup {
  std::string name;
  std::string color;  // "#rrggbb"; empty: series_color() of its place
};

struct Scatter {
  std::string title;
  std::string x_name, y_name;  // both empty: a map, without axes
  std::vector<PointGroup> groups;
  std::vector<Point> points;
};

// Above this many points an even share of them is drawn, and the page says so.
inline constexpr size_t kMostPointsDrawn = 6000;

// Ten colours that people with any colour vision tell apart, on light and on dark; then they repeat.
std::string_view series_color(size_t place);

// Whole <figure> elements; bars are drawn by HTML alone, so that names of any length wrap.
std::string to_svg(const Histogram& histogram);
std::string to_svg(const Bars& bars);
std::string to_svg(const Scatter& scatter);

}  // namespace vits::report
