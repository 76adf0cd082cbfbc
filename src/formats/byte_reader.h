// Bytes of a file of strangers, read in order from the front. Reading past the end is an Error, not a crash.
//
// The readers of columnar tables throw Errors that say only what is wrong; the table adds file, column and row.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "vits/base/error.h"

namespace vits::formats {

using Bytes = std::span<const char>;

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  Bytes take(uint64_t count) {
    if (count > bytes_.size())
      throw Error("it is damaged or cut short: {} bytes should follow where {} are left", count, bytes_.size());
    const Bytes part = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return part;
  }

  template <class Number>  // little-endian
  Number next() {
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  // Seven bits a byte, the lowest first; the eighth says that more follow.
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = next<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw Error("it is damaged: a number has more than 64 bits");
  }

  int64_t signed_varint() {  // 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
    const uint64_t value = varint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  size_t left() const { return bytes_.size(); }
  Bytes rest() const { return bytes_; }

 private:
  Bytes bytes_;
};

inline std::string_view as_text(Bytes bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace vits::formats
