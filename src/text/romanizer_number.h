// Numbers of any size, as romanising needs them: a text may hold a run of forty digits followed by "million".
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace vits::text::romanization {

// A whole number from zero up, exact. Kept as its decimal digits: it is read from digits and written as digits, and
// multiplied or added once or twice in between.
class Natural {
 public:
  explicit Natural(uint64_t value) : digits_(std::to_string(value)) {}
  explicit Natural(std::string_view decimal_digits);

  const std::string& text() const { return digits_; }
  double approximate() const;

  Natural operator+(const Natural& other) const;
  Natural operator*(const Natural& other) const;
  std::strong_ordering operator<=>(const Natural& other) const;
  bool operator==(const Natural& other) const = default;

 private:
  std::string digits_;  // no leading zeros; zero is "0"
};

// The value of a run of characters: none (a fraction, or no number at all), whole, or with decimals.
using Value = std::variant<std::monostate, Natural, double>;

std::string value_text(const Value& value);  // as Python's str() writes it; empty for none

// left * right, to five decimals; whole when nothing is left behind the decimal point. Neither may be none.
Value rounded_product(const Value& left, const Value& right);

}  // namespace vits::text::romanization
