#include "vits/report/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "vits/report/figures.h"
#include "vits/report/html.h"

namespace vits::report {

namespace {

constexpr double kWidth = 360.0;  // of every plot, in its own units
constexpr double kLeft = 34.0, kRight = 8.0, kBottom = 30.0;
constexpr double kHeight = 190.0;
constexpr double kMapHeight = 300.0;
constexpr int kMostBins = 40;

// The round step (1, 2 or 5 times a power of ten) that cuts `range` into at most `parts`.
double round_step(double range, int parts) {
  const double least = range / parts;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10.0 * power;
}

struct Axis {
  double begin = 0.0, end = 1.0, from = 0.0, to = 1.0;  // values, and where they lie in the plot

  double at(double value) const { return from + (value - begin) / (end - begin) * (to - from); }
};

std::string number(double value) {
  if (std::abs(value) < 1e-12) return "0";
  return std::abs(value) >= 10000 ? thousands(std::llround(value)) : fmt::format("{:.6g}", value);
}

std::string text_at(double x, double y, const char* anchor, std::string_view text, const char* style = "tick") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>", x, y, anchor, style,
                     html_escaped(text));
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>)", x1, y1, x2, y2, style);
}

std::string x_ticks(const Axis& axis, double y, std::string_view unit) {
  const double step = round_step(axis.end - axis.begin, 6);
  std::string svg = line(axis.from, y, axis.to, y, "axis");
  for (double value = std::ceil(axis.begin / step - 1e-9) * step; value <= axis.end + step * 1e-9; value += step)
    svg += text_at(axis.at(value), y + 12, "middle", number(value));
  return svg + text_at((axis.from + axis.to) / 2, y + 25, "middle", unit);
}

std::string y_ticks(const Axis& axis) {
  const double step = round_step(axis.end - axis.begin, 4);
  std::string svg;
  for (double value = std::ceil(axis.begin / step - 1e-9) * step; value <= axis.end + step * 1e-9; value += step) {
    svg += line(kLeft, axis.at(value), kWidth - kRight, axis.at(value), "grid");
    svg += text_at(kLeft - 4, axis.at(value) + 3, "end", number(value));
  }
  return svg;
}

std::string figure(std::string_view title, double height, const std::string& svg, const std::string& below = {},
                   const char* style = "plot") {
  return fmt::format(
      "<figure class=\"{}\"><figcaption>{}</figcaption><svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" "
      "aria-label=\"{}\">{}</svg>{}</figure>\n",
      style, html_escaped(title), kWidth, height, html_escaped(title), svg, below);
}

// Wide enough around the values that no point lies on the edge.
Axis axis_around(const std::vector<Point>& points, double Point::*coordinate, double from, double to) {
  double least = INFINITY, most = -INFINITY;
  for (const Point& point : points) {
    if (!std::isfinite(point.*coordinate)) continue;
    least = std::min(least, point.*coordinate);
    most = std::max(most, point.*coordinate);
  }
  if (least > most) least = most = 0.0;
  const double margin = most > least ? 0.04 * (most - least) : 1.0;
  return {least - margin, most + margin, from, to};
}

std::string color_of(const std::vector<PointGroup>& groups, size_t group) {
  if (group < groups.size() && !groups[group].color.empty()) return html_escaped(groups[group].color);
  return std::string(series_color(group));
}

std::string legend(const std::vector<PointGroup>& groups) {
  if (groups.size() < 2) return {};
  std::string html = "<ul class=\"legend\">";
  for (size_t group = 0; group < groups.size(); ++group)
    html += fmt::format(R"(<li><i style="background:{}"></i><bdi>{}</bdi></li>)", color_of(groups, group),
                        html_escaped(groups[group].name));
  return html + "</ul>";
}

}  // namespace

std::string_view series_color(size_t place) {
  static constexpr std::array<std::string_view, 10> kColors{"#3f7fc1", "#e0662b", "#2f9e6e", "#c9a227", "#b0509c",
                                                            "#49a9c9", "#d9536f", "#7a6fd0", "#8a8f2a", "#8c8c8c"};
  return kColors[place % kColors.size()];
}

Histogram histogram_of(const std::vector<double>& values, std::string title, std::string unit, double least_bin_width) {
  Histogram histogram{std::move(title), std::move(unit), 0.0, 1.0, {}, {}};
  double least = INFINITY, most = -INFINITY;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (least > most) return histogram;
  // Equal values give a range that is only rounding: one bin of a round width is right for them.
  const double range = std::max(most - least, 1e-6 * std::max(1.0, std::abs(most)));
  const double width = range > most - least ? round_step(std::max(std::abs(most), 1.0), 20) : round_step(range, 24);
  histogram.bin_width = std::max(width, least_bin_width);
  histogram.begin = std::floor(least / histogram.bin_width + 1e-9) * histogram.bin_width;
  const double bins = std::ceil((most - histogram.begin) / histogram.bin_width - 1e-9);
  histogram.counts.resize(static_cast<size_t>(std::clamp(bins, 1.0, static_cast<double>(kMostBins))));
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const double bin = std::floor((value - histogram.begin) / histogram.bin_width + 1e-9);
    ++histogram.counts[std::min(static_cast<size_t>(std::max(bin, 0.0)), histogram.counts.size() - 1)];
  }
  return histogram;
}

std::string to_svg(const Histogram& histogram) {
  if (histogram.counts.empty()) return figure(histogram.title, kHeight, text_at(kWidth / 2, 90, "middle", "no values"));
  const double end = histogram.begin + histogram.bin_width * static_cast<double>(histogram.counts.size());
  const double floor_y = kHeight - kBottom;
  const double highest = static_cast<double>(*std::ranges::max_element(histogram.counts));
  Axis x{histogram.begin, end, kLeft, kWidth - kRight};
  for (const Mark& mark : histogram.marks) {
    x.begin = std::min(x.begin, mark.at);
    x.end = std::max(x.end, mark.at);
  }
  const Axis y{0.0, std::max(highest, 1.0) * 1.05, floor_y, 14.0};
  std::string svg = y_ticks(y);
  for (size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    if (histogram.counts[bin] == 0) continue;
    const double from = histogram.begin + histogram.bin_width * static_cast<double>(bin);
    const double top = y.at(static_cast<double>(histogram.counts[bin]));
    svg += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"bar\"><title>{} to {} {}: {}"
        "</title></rect>",
        x.at(from) + 0.4, top, std::max(1.0, x.at(from + histogram.bin_width) - x.at(from) - 0.8), floor_y - top,
        number(from), number(from + histogram.bin_width), html_escaped(histogram.unit),
        thousands(histogram.counts[bin]));
  }
  for (const Mark& mark : histogram.marks) {
    svg += line(x.at(mark.at), 12, x.at(mark.at), floor_y, "mark");
    const bool right_half = x.at(mark.at) > kWidth / 2;
    svg += text_at(x.at(mark.at) + (right_half ? -3 : 3), 10, right_half ? "end" : "start", mark.label, "word");
  }
  return figure(histogram.title, kHeight, svg + x_ticks(x, floor_y, histogram.unit));
}

std::string to_svg(const Bars& bars) {
  // As HTML: names of any length wrap, which SVG cannot.
  double highest = 0.0;
  for (const Bar& bar : bars.bars) highest = std::max(highest, bar.value);
  std::string rows;
  for (const Bar& bar : bars.bars)
    rows += fmt::format(
        R"(<div class="name"><bdi>{}</bdi></div><div><i style="width:{:.1f}%;background:{}"></i><span>{}</span></div>)",
        html_escaped(bar.name), highest > 0 ? 55.0 * bar.value / highest : 0.0, series_color(bar.color),
        html_escaped(bar.shown));
  return fmt::format("<figure class=\"plot\"><figcaption>{}</figcaption><div class=\"bars\">{}</div></figure>\n",
                     html_escaped(bars.title), rows);
}

std::string to_svg(const Scatter& scatter) {
  const bool is_map = scatter.x_name.empty() && scatter.y_name.empty();
  const double height = is_map ? kMapHeight : kHeight + 30;
  const double left = is_map ? 4 : kLeft, floor_y = is_map ? height - 4 : height - kBottom;
  const Axis x = axis_around(scatter.points, &Point::x, left, kWidth - (is_map ? 4 : kRight));
  const Axis y = axis_around(scatter.points, &Point::y, floor_y, is_map ? 4 : 14);
  std::string svg;
  if (!is_map) svg = y_ticks(y) + x_ticks(x, floor_y, scatter.x_name) + text_at(2, 9, "start", scatter.y_name, "word");

  const size_t drawn = std::min(scatter.points.size(), kMostPointsDrawn);
  const double radius = drawn > 1500 ? 1.6 : drawn > 300 ? 2.2 : 3.0;
  for (size_t place = 0; place < drawn; ++place) {
    const Point& point = scatter.points[place * scatter.points.size() / drawn];
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    svg += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}")", x.at(point.x), y.at(point.y), radius,
                       color_of(scatter.groups, point.group));
    if (!point.sound.empty()) svg += fmt::format(R"( data-sound="{}")", link_to(point.sound));
    svg += fmt::format("><title>{}</title></circle>", html_escaped(point.label));
  }
  std::string below = "<p class=\"said\" aria-live=\"polite\"></p>" + legend(scatter.groups);
  if (drawn < scatter.points.size())
    below += fmt::format("<p class=\"small\">{} of {} points are drawn.</p>", thousands(static_cast<int64_t>(drawn)),
                         thousands(static_cast<int64_t>(scatter.points.size())));
  return figure(scatter.title, height, svg, below, is_map ? "plot map" : "plot");
}

}  // namespace vits::report
