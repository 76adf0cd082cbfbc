// A picture of coloured cells as a PNG file.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace vits::formats {

struct Color {
  uint8_t red = 0, green = 0, blue = 0;
};
using Palette = std::array<Color, 256>;

// One byte a cell, the place of its colour in the palette; row after row, the uppermost first. `cells` holds
// width * height of them, at least one.
std::string png_bytes(int64_t width, int64_t height, std::span<const uint8_t> cells, const Palette& palette);

}  // namespace vits::formats
