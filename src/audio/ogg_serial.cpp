#include "ogg_serial.h"

#include <array>
#include <cstdint>

namespace vits::audio {

namespace {

// The page header (RFC 3533): "OggS", ..., serial number at 14, checksum at 22, number of segments at 26, their
// lengths.
constexpr size_t kSerialAt = 14, kChecksumAt = 22, kSegmentsAt = 26, kHeaderBytes = 27;

// CRC-32 with the polynomial 0x04c11db7, highest bit first, from zero, over the page with a checksum of zero.
uint32_t checksum(const char* bytes, size_t count) {
  static const auto table = [] {
    std::array<uint32_t, 256> values{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i << 24;
      for (int bit = 0; bit < 8; ++bit) value = (value << 1) ^ ((value >> 31) * 0x04c11db7u);
      values[i] = value;
    }
    return values;
  }();
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum = (sum << 8) ^ table[(sum >> 24) ^ static_cast<unsigned char>(bytes[i])];
  return sum;
}

void put_little_endian(char* at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(value >> (8 * i));
}

}  // namespace

void fix_ogg_serial(std::string& ogg) {
  for (size_t page = 0; page + kHeaderBytes <= ogg.size() && ogg.compare(page, 4, "OggS") == 0;) {
    const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(ogg[at])); };
    const size_t segments = byte(page + kSegmentsAt);
    size_t length = kHeaderBytes + segments;
    for (size_t i = 0; i < segments && page + kHeaderBytes + i < ogg.size(); ++i)
      length += byte(page + kHeaderBytes + i);
    if (page + length > ogg.size()) return;
    put_little_endian(&ogg[page + kSerialAt], 1);
    put_little_endian(&ogg[page + kChecksumAt], 0);
    put_little_endian(&ogg[page + kChecksumAt], checksum(&ogg[page], length));
    page += length;
  }
}

}  // namespace vits::audio
