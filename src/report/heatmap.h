// A map of numbers as a picture: the least dark, the greatest light, in colours whose lightness rises evenly, so that
// equal differences of numbers look equal.
#pragma once
#include <string>

#include "vits/formats/png.h"
#include "vits/report/run_report.h"

namespace vits::report {

struct Picture {
  int64_t width = 0, height = 0;
  std::string png;
};

// At most 1,024 cells wide and high: neighbours are averaged. A tiny map is scaled up by a whole number. Numbers that
// are not finite count as the least. Throws Error when `values` are not rows * columns or none at all.
Picture picture_of(const Heatmap& map);

const formats::Palette& even_palette();  // dark violet over red to light yellow

}  // namespace vits::report
