#include "snappy.h"

namespace vits::formats {

namespace {

// The lowest two bits of an element's first byte.
enum : uint8_t { kLiteral = 0, kNearCopy = 1, kFarCopy = 2, kFarthestCopy = 3 };

uint64_t number_of_bytes(ByteReader& packed, uint64_t count) {
  uint64_t value = 0;
  for (uint64_t i = 0; i < count; ++i) value |= static_cast<uint64_t>(packed.next<uint8_t>()) << (8 * i);
  return value;
}

}  // namespace

std::string unpack_snappy(Bytes bytes, uint64_t size) {
  ByteReader packed(bytes);
  std::string text;
  // Three bytes copy 64 at most, so a lie about the size is seen before memory is taken for it.
  constexpr uint64_t kMostBytesPerPackedByte = 24;
  if (packed.varint() != size || size / kMostBytesPerPackedByte > bytes.size())
    throw Error("its Snappy data does not have the size that it should have");
  text.reserve(size);
  while (packed.left() > 0) {
    const auto tag = packed.next<uint8_t>();
    uint64_t length = (tag >> 2) + 1, distance = 0;
    switch (tag & 3) {
      case kLiteral:
        if (length > 60) length = number_of_bytes(packed, length - 60) + 1;
        break;
      case kNearCopy:
        length = (tag >> 2 & 7) + 4;
        distance = static_cast<uint64_t>(tag >> 5) << 8 | packed.next<uint8_t>();
        break;
      case kFarCopy:
        distance = packed.next<uint16_t>();
        break;
      case kFarthestCopy:
        distance = packed.next<uint32_t>();
        break;
    }
    if (length > size - text.size()) throw Error("its Snappy data unpacks to more than the {} bytes it should", size);
    if ((tag & 3) == kLiteral) {
      text += as_text(packed.take(length));
      continue;
    }
    if (distance == 0 || distance > text.size()) throw Error("its Snappy data is damaged");
    const size_t from = text.size() - distance;
    if (distance >= length)
      text.append(text, from, length);
    else  // the copy repeats what it has just written
      for (uint64_t i = 0; i < length; ++i) text += text[from + i];
  }
  if (text.size() != size) throw Error("its Snappy data unpacks to {} bytes instead of {}", text.size(), size);
  return text;
}

}  // namespace vits::formats
