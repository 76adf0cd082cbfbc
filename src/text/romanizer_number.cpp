#include "romanizer_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace vits::text::romanization {
namespace {

// The shortest digits that give the number back; plain from 1e-4 to 1e16, otherwise with an exponent of two digits or
// more.
std::string double_text(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : "inf";
  std::array<char, 64> buffer;
  const auto written = std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific);
  const std::string_view scientific(buffer.data(), written.ptr - buffer.data());
  const size_t mark = scientific.find('e');
  std::string digits;
  for (const char letter : scientific.substr(0, mark))
    if (letter != '.') digits += letter;
  const int exponent = std::atoi(std::string(scientific.substr(mark + 1)).c_str());
  if (exponent < -4 || exponent >= 16) return std::string(scientific);
  if (exponent < 0) return "0." + std::string(-exponent - 1, '0') + digits;
  const auto whole_digits = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole_digits) return digits + std::string(whole_digits - digits.size(), '0') + ".0";
  return digits.substr(0, whole_digits) + "." + digits.substr(whole_digits);
}

std::string print(const char* format, double value) {
  std::array<char, 512> buffer;  // the largest double has 309 digits
  const int size = std::snprintf(buffer.data(), buffer.size(), format, value);
  return {buffer.data(), static_cast<size_t>(size)};
}

double as_double(const Value& value) {
  const auto* whole = std::get_if<Natural>(&value);
  return whole ? whole->approximate() : std::get<double>(value);
}

}  // namespace

Natural::Natural(std::string_view decimal_digits) {
  const size_t first = decimal_digits.find_first_not_of('0');
  digits_ = first == std::string_view::npos ? "0" : std::string(decimal_digits.substr(first));
}

double Natural::approximate() const { return std::strtod(digits_.c_str(), nullptr); }

Natural Natural::operator+(const Natural& other) const {
  std::string sum(std::max(digits_.size(), other.digits_.size()) + 1, '0');
  const auto digit = [](const std::string& digits, size_t from_the_right) {
    return from_the_right < digits.size() ? digits[digits.size() - 1 - from_the_right] - '0' : 0;
  };
  int carry = 0;
  for (size_t index = 0; index < sum.size(); ++index) {
    carry += digit(digits_, index) + digit(other.digits_, index);
    sum[sum.size() - 1 - index] = static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  return Natural(sum);
}

Natural Natural::operator*(const Natural& other) const {
  std::string product(digits_.size() + other.digits_.size(), '0');
  for (size_t left = digits_.size(); left-- > 0;) {
    int carry = 0;
    for (size_t right = other.digits_.size(); right-- > 0;) {
      char& place = product[left + right + 1];
      carry += (place - '0') + (digits_[left] - '0') * (other.digits_[right] - '0');
      place = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    product[left] = static_cast<char>('0' + carry);
  }
  return Natural(product);
}

std::strong_ordering Natural::operator<=>(const Natural& other) const {
  if (digits_.size() != other.digits_.size()) return digits_.size() <=> other.digits_.size();
  return digits_ <=> other.digits_;
}

std::string value_text(const Value& value) {
  if (const auto* whole = std::get_if<Natural>(&value)) return whole->text();
  const auto* decimal = std::get_if<double>(&value);
  return decimal ? double_text(*decimal) : std::string();
}

Value rounded_product(const Value& left, const Value& right) {
  const auto* whole_left = std::get_if<Natural>(&left);
  const auto* whole_right = std::get_if<Natural>(&right);
  if (whole_left && whole_right) return *whole_left * *whole_right;
  const double product = std::strtod(print("%.5f", as_double(left) * as_double(right)).c_str(), nullptr);
  if (std::isfinite(product) && std::trunc(product) == product) return Natural(print("%.0f", product));
  return product;
}

}  // namespace vits::text::romanization
