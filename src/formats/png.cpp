#include "vits/formats/png.h"

#include <zlib.h>

#include <string_view>

#include "vits/base/error.h"

namespace vits::formats {

namespace {

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

std::string chunk(std::string_view type, std::string_view data) {
  std::string body{type};
  body += data;
  const auto sum = ::crc32(0, bytes_of(body), static_cast<uInt>(body.size()));
  return big_endian(static_cast<uint32_t>(data.size())) + body + big_endian(static_cast<uint32_t>(sum));
}

std::string compressed(std::string_view text) {
  uLongf count = ::compressBound(text.size());
  std::string bytes(count, '\0');
  if (::compress(reinterpret_cast<Bytef*>(bytes.data()), &count, bytes_of(text), text.size()) != Z_OK)
    throw Error("a picture of {} bytes could not be compressed: there is no memory for it.", text.size());
  bytes.resize(count);
  return bytes;
}

}  // namespace

std::string png_bytes(int64_t width, int64_t height, std::span<const uint8_t> cells, const Palette& palette) {
  if (width < 1 || height < 1 || width > 1 << 16 || height > 1 << 16
      || cells.size() != static_cast<size_t>(width * height))
    throw Error("a picture of {} by {} cells cannot be made of {}.", width, height, cells.size());
  std::string colors;
  for (const Color& color : palette) {
    colors += static_cast<char>(color.red);
    colors += static_cast<char>(color.green);
    colors += static_cast<char>(color.blue);
  }
  std::string rows;
  rows.reserve(cells.size() + static_cast<size_t>(height));
  for (int64_t row = 0; row < height; ++row) {
    rows += '\0';  // the row stands as it is: PNG's filters do not help palettes
    rows.append(reinterpret_cast<const char*>(cells.data()) + row * width, static_cast<size_t>(width));
  }
  constexpr std::string_view kIndexedEightBits("\x08\x03\x00\x00\x00", 5);
  return "\x89PNG\r\n\x1a\n"
         + chunk("IHDR", big_endian(static_cast<uint32_t>(width)) + big_endian(static_cast<uint32_t>(height))
                             + std::string(kIndexedEightBits))
         + chunk("PLTE", colors) + chunk("IDAT", compressed(rows)) + chunk("IEND", {});
}

}  // namespace vits::formats
