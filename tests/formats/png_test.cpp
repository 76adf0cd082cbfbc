#include "vits/formats/png.h"

#include <gtest/gtest.h>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::formats;

TEST(Png, IsReadByPillowCellByCell) {
  constexpr int64_t kWidth = 301, kHeight = 70;
  Palette palette;
  for (size_t place = 0; place < palette.size(); ++place)
    palette[place] = {static_cast<uint8_t>(place), static_cast<uint8_t>(255 - place), static_cast<uint8_t>(place / 2)};
  std::vector<uint8_t> cells;
  std::string colors;
  for (int64_t place = 0; place < kWidth * kHeight; ++place) {
    cells.push_back(static_cast<uint8_t>(place * place / 7));
    const Color& color = palette[cells.back()];
    for (const uint8_t level : {color.red, color.green, color.blue}) colors += static_cast<char>(level);
  }
  const vits::base::TemporaryFolder folder;
  vits::base::write_file(folder.path() / "picture.png", png_bytes(kWidth, kHeight, cells, palette));
  const auto size = vits::support::run_python(
      "tests/formats/read_png.py", {(folder.path() / "picture.png").string(), (folder.path() / "colors").string()});
  EXPECT_EQ(size, "P 301 70");
  EXPECT_EQ(vits::base::read_file(folder.path() / "colors"), colors);
}

TEST(Png, OfTheWrongNumberOfCellsIsRefused) {
  EXPECT_THROW(png_bytes(3, 2, std::vector<uint8_t>(5), {}), vits::Error);
  EXPECT_THROW(png_bytes(0, 2, {}, {}), vits::Error);
}

}  // namespace
