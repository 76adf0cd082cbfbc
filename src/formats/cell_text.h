// Numbers of tables in words.
#pragma once
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace vits::formats {

// IEEE half precision: 5 bits of exponent, 10 of fraction.
inline float half_number(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float size = std::ldexp(static_cast<float>(exponent == 0 ? fraction : fraction + 1024), std::max(exponent, 1) - 25);
  if (exponent == 31) size = fraction == 0 ? std::numeric_limits<float>::infinity() : std::nanf("");
  return bits & 0x8000 ? -size : size;
}

// The fewest digits that read as the same number.
template <class Number>
std::string number_text(Number value) {
  return fmt::format("{}", value);
}
inline std::string boolean_text(bool value) { return value ? "true" : "false"; }

// `bits`: the lowest `bytes` of them count.
inline std::string integer_text(uint64_t bits, int64_t bytes, bool is_signed) {
  const int unused = static_cast<int>(64 - 8 * bytes);
  const uint64_t high = bits << unused;
  return is_signed ? number_text(static_cast<int64_t>(high) >> unused) : number_text(high >> unused);
}

inline std::string real_text(uint64_t bits, int64_t bytes) {
  if (bytes == 8) return number_text(std::bit_cast<double>(bits));
  if (bytes == 4) return number_text(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return number_text(half_number(static_cast<uint16_t>(bits)));
}

}  // namespace vits::formats
