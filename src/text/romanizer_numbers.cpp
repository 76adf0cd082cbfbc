#include "romanizer_numbers.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "romanizer_text.h"

namespace vits::text::romanization {
namespace {

const Natural* whole(const Edge* edge) {
  return edge && edge->number ? std::get_if<Natural>(&edge->number->value) : nullptr;
}
const Natural* active_whole(const Edge* edge) {
  return edge && edge->number && edge->number->active ? whole(edge) : nullptr;
}
bool is_digit_edge(const Edge* edge) { return whole(edge) && edge->number->digit; }
bool is_written_zero(const Edge& edge) { return edge.number->original == "零" || edge.number->original == "〇"; }
bool is_below(const Natural& value, int64_t base) { return value < Natural(static_cast<uint64_t>(base)); }

// Puts single numbers together into larger ones, a kind of combination at a time. A number that became part of a larger
// one stays in the lattice, but is no longer active.
class Numbers {
 public:
  explicit Numbers(Passage& passage) : passage_(passage), lattice_(passage.lattice()) {}

  void find_single_characters();
  void join_digits();
  void multiply_by_powers();
  void add_up_blocks();
  void multiply_by_large_powers();
  void add_up_large_blocks();
  void divide();
  void put_signs_before();
  void keep_apart();
  void leave_out_exceptions();

 private:
  // Every pass walks the numbers as they were when it began.
  std::vector<Edge*> before_pass() const { return numbers_; }
  Edge& combine(const std::vector<Edge*>& parts, Value value, std::string_view text);
  void replace(const std::vector<Edge*>& parts, Edge* whole);
  void scale_digit_after(const Edge& power, Edge& digit);

  Passage& passage_;
  Lattice& lattice_;
  std::vector<Edge*> numbers_;
};

void Numbers::find_single_characters() {
  for (int position = 0; position < passage_.size(); ++position) {
    const Numeral* numeral = passage_.tables().numeral(passage_.at(position));
    if (!numeral) continue;
    Number number{.active = true,
                  .fraction = !numeral->fraction.empty(),
                  .base = numeral->base,
                  .digit = numeral->digit,
                  .large_power = numeral->large_power,
                  .cjk = numeral->cjk,
                  .original = encode_utf8(passage_.part(position, position + 1))};
    if (!number.fraction) number.value = Natural(static_cast<uint64_t>(numeral->value));
    std::string text = number.fraction ? std::string(numeral->fraction) : value_text(number.value);
    numbers_.push_back(&lattice_.add({position, position + 1, std::move(text), Edge::Kind::kOther, std::move(number)}));
  }
}

void Numbers::replace(const std::vector<Edge*>& parts, Edge* whole) {
  std::vector<Edge*> kept;
  bool is_in = false;
  for (Edge* edge : numbers_) {
    const bool is_part = std::ranges::find(parts, edge) != parts.end();
    if (is_part && edge->number) edge->number->active = false;
    if (!is_part) kept.push_back(edge);
    if (is_part && !std::exchange(is_in, true)) kept.push_back(whole);
  }
  if (!is_in) kept.push_back(whole);
  numbers_ = std::move(kept);
}

// The last part says which smaller numbers may follow.
Edge& Numbers::combine(const std::vector<Edge*>& parts, Value value, std::string_view text) {
  const Number& last = *parts.back()->number;
  Number number{.active = true, .value = std::move(value), .base = last.base, .cjk = last.cjk};
  for (const Edge* part : parts)
    if (part->number) number.original += part->number->original;
  Edge& made =
      lattice_.add({parts.front()->start, parts.back()->end, std::string(text), Edge::Kind::kOther, std::move(number)});
  replace(parts, &made);
  return made;
}

// "1", "2", ".", "5" -> "12.5", written as it stood, leading zeros and all.
void Numbers::join_digits() {
  for (Edge* first : before_pass()) {
    if (!is_digit_edge(first) || !first->number->active) continue;
    std::vector<Edge*> parts{first};
    std::string text = whole(first)->text();
    bool has_point = false;
    while (true) {
      const int end = parts.back()->end;
      Edge* next = lattice_.best_from(end);
      if (is_digit_edge(next)) {
        parts.push_back(next);
        text += whole(next)->text();
        continue;
      }
      Edge* decimal = !has_point && passage_.at(end) == '.' ? lattice_.best_from(end + 1) : nullptr;
      if (!is_digit_edge(decimal)) break;
      if (!next) next = &lattice_.add({end, end + 1, ".", Edge::Kind::kOther, {}});
      parts.insert(parts.end(), {next, decimal});
      text += "." + whole(decimal)->text();
      has_point = true;
    }
    if (parts.size() < 2) continue;
    const Value value = has_point ? Value(std::stod(text)) : Value(Natural(text));
    Number& number = *combine(parts, value, text).number;
    number.base = 1;
    number.original = value_text(value);
  }
}

// 3, 10 -> 30
void Numbers::multiply_by_powers() {
  for (Edge* factor : before_pass()) {
    if (!active_whole(factor) || factor->number->base != 1 || whole(factor)->text() == "0") continue;
    Edge* power = lattice_.best_from(factor->end);
    if (!active_whole(power) || power->number->base <= 1 || power->number->large_power) continue;
    const Natural product = *whole(factor) * *whole(power);
    combine({factor, power}, product, product.text());
  }
}

// 200, 30, 4 -> 234
void Numbers::add_up_blocks() {
  for (Edge* first : before_pass()) {
    if (!active_whole(first) || first->number->large_power) continue;
    std::vector<Edge*> parts{first};
    const Edge* last_counted = first;  // a written zero only fills a gap
    Natural sum = *whole(first);
    while (Edge* next = lattice_.best_from(parts.back()->end)) {
      if (!active_whole(next) || next->number->large_power) break;
      const int64_t base = last_counted->number->base;
      if (!is_written_zero(*last_counted) && !(is_below(*whole(next), base) && next->number->base < base)) break;
      parts.push_back(next);
      sum = sum + *whole(next);
      if (!is_written_zero(*next)) last_counted = next;
    }
    if (parts.size() >= 2) combine(parts, sum, sum.text());
  }
}

// 234, 10000 -> 2340000; also 2.5, 10000 -> 25000
void Numbers::multiply_by_large_powers() {
  for (Edge* factor : before_pass()) {
    if (!factor->number || !factor->number->active || factor->number->large_power) continue;
    if (std::holds_alternative<std::monostate>(factor->number->value)) continue;
    Edge* power = lattice_.best_from(factor->end);
    if (!active_whole(power) || power->number->base <= 1 || !power->number->large_power) continue;
    const Value product = rounded_product(factor->number->value, power->number->value);
    combine({factor, power}, product, value_text(product));
  }
}

// In "三万五", 35000, the last digit counts the next lower power of ten.
void Numbers::scale_digit_after(const Edge& power, Edge& digit) {
  const Number& above = *power.number;
  const std::string base = std::to_string(above.base);
  const bool is_power_of_ten = base.size() > 1 && base[0] == '1' && base.find_first_not_of('0', 1) == std::string::npos;
  const std::string& value = whole(&digit)->text();
  if (!above.cjk || above.base < 1000 || above.scaled || !is_power_of_ten) return;
  if (value.size() != 1 || value == "0" || digit.start + 1 != digit.end) return;
  Number& number = *digit.number;
  number.base = above.base / 10;
  number.value = *whole(&digit) * Natural(static_cast<uint64_t>(number.base));
  number.digit = false;
  number.scaled = true;
}

// 2340000, 567 -> 2340567
void Numbers::add_up_large_blocks() {
  for (Edge* first : before_pass()) {
    if (!active_whole(first)) continue;
    std::vector<Edge*> parts{first};
    Natural sum = *whole(first);
    while (Edge* next = lattice_.best_from(parts.back()->end)) {
      const Edge& last = *parts.back();
      if (!active_whole(next) || !is_below(*whole(next), last.number->base) || next->number->base >= last.number->base)
        break;
      scale_digit_after(last, *next);
      parts.push_back(next);
      sum = sum + *whole(next);
    }
    if (parts.size() >= 2) combine(parts, sum, sum.text());
  }
}

// "百分之五" (of a hundred parts five) -> 5%, "三分之二" -> 2/3
void Numbers::divide() {
  for (Edge* denominator : before_pass()) {
    if (!whole(denominator)) continue;
    for (const std::u32string& sign : passage_.tables().divisions()) {
      const int sign_end = denominator->end + static_cast<int>(sign.size());
      if (sign_end > passage_.size() || passage_.part(denominator->end, sign_end) != sign) continue;
      Edge* numerator = lattice_.best_from(sign_end);
      if (!numerator || !numerator->number || std::holds_alternative<std::monostate>(numerator->number->value))
        continue;
      const std::string text = value_text(numerator->number->value);
      Edge made{denominator->start, numerator->end, text + "%", Edge::Kind::kOther, {}};
      if (whole(denominator)->text() != "100") {
        if (!whole(numerator) || whole(denominator)->text() == "0") continue;
        made.text = text + "/" + whole(denominator)->text();
        made.number = Number{.active = true, .fraction = text != "0", .original = made.text};
      }
      replace({denominator, numerator}, &lattice_.add(std::move(made)));
    }
  }
}

void Numbers::put_signs_before() {
  for (const Edge* edge : before_pass())
    if (edge->start > 0 && passage_.tables().is_minus(passage_.at(edge->start - 1)))
      lattice_.add({edge->start - 1, edge->end, "-" + edge->text, Edge::Kind::kOther, {}});
}

// "23½" -> "23 1/2", and "十一五" -> "11·5" as the two do not add up.
void Numbers::keep_apart() {
  const Tables& tables = passage_.tables();
  for (Edge* edge : numbers_) {
    if (!edge->number || !tables.character(first_character(edge->text)).is(kDecimal)) continue;
    const Edge* left = lattice_.best_until(edge->start);
    if (left && !left->text.empty() && tables.character(last_character(left->text)).is(kDecimal))
      edge->text.insert(0, edge->number->fraction ? " " : "·");
  }
}

// Characters that are more often something else than a number when they stand alone.
void Numbers::leave_out_exceptions() {
  constexpr std::string_view kMostlyOther = "兩參参伍陆陸什", kCapital = "京兆";
  for (Edge* edge : numbers_) {
    if (!edge->number || std::holds_alternative<std::monostate>(edge->number->value)) continue;
    const std::string& original = edge->number->original;
    const bool is_large = whole(edge) && *whole(edge) > Natural(uint64_t{1000}) && edge->start + 1 == edge->end;
    if (is_large || kMostlyOther.find(original) != std::string_view::npos || original == kCapital)
      edge->number->active = false;
  }
}

// Digits that the numbers above do not know, such as circled ones.
void add_other_digits(Passage& passage) {
  Lattice& lattice = passage.lattice();
  for (int position = 0; position < passage.size(); ++position) {
    const int digit = passage.character(position).digit;
    if (digit < 0) continue;
    const Edge* best = lattice.best_in_span(position, position + 1);
    if (best && best->number) continue;
    lattice.add({position, position + 1, std::to_string(digit), Edge::Kind::kRomanized, {}});
  }
}

}  // namespace

void add_numbers(Passage& passage) {
  Numbers numbers(passage);
  numbers.find_single_characters();
  numbers.join_digits();
  numbers.multiply_by_powers();
  numbers.add_up_blocks();
  numbers.multiply_by_large_powers();
  numbers.add_up_large_blocks();
  numbers.divide();
  numbers.put_signs_before();
  numbers.keep_apart();
  numbers.leave_out_exceptions();
  add_other_digits(passage);
}

}  // namespace vits::text::romanization
