#include "romanizer_tables.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "vits/text/utf8.h"

namespace vits::text::romanization {
namespace {

// Cuts off and returns what stands before the next separator.
std::string_view take(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

template <class Number>
Number number(std::string_view digits, int base = 10) {
  Number value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return value;
}

char32_t only_character(std::string_view utf8) { return decode_utf8(utf8).front(); }

struct Flag {
  char letter;
  Trait trait;
};
constexpr std::array<Flag, 18> kFlags = {{
    {'a', kAlphabetic},
    {'u', kUpper},
    {'l', kLower},
    {'t', kTitle},
    {'w', kLetterOrMark},
    {'d', kDecimal},
    {'n', kNumeric},
    {'x', kNonspacing},
    {'f', kFormatOrPrivate},
    {'T', kToneMark},
    {'P', kVowelBeforeConsonant},
    {'v', kVowelSign},
    {'m', kMedialConsonant},
    {'i', kVirama},
    {'L', kTibetanLetter},
    {'S', kSubjoinedLetter},
    {'N', kNukta},
    {'V', kVocalic},
}};

Character parse_flags(std::string_view flags) {
  Character character;
  for (const char letter : flags) {
    if (letter >= '0' && letter <= '9') character.digit = letter - '0';
    for (const Flag& flag : kFlags)
      if (flag.letter == letter) character.traits |= flag.trait;
  }
  return character;
}

}  // namespace

Tables::Tables(const Data& data) {
  read_rules(data.rules);
  read_characters(data.characters, data.scripts);
  read_numbers(data.numbers, data.signs);
  for (std::string_view rest = data.decompositions; !rest.empty();) {
    std::string_view row = take(rest, '\n');
    const char32_t character = only_character(take(row, '\t'));
    decompositions_.emplace(character, decode_utf8(row));
  }
}

void Tables::read_rules(std::string_view table) {
  const auto rows = static_cast<size_t>(std::count(table.begin(), table.end(), '\n'));
  rules_.reserve(rows);
  keys_.reserve(rows);
  std::string_view previous;
  for (std::string_view rest = table; !rest.empty();) {
    std::string_view row = take(rest, '\n');
    const std::string_view key = take(row, '\t');
    if (keys_.empty() || key != previous) {
      const std::u32string characters = decode_utf8(key);
      const auto first_rule = static_cast<uint32_t>(rules_.size());
      keys_.push_back(
          {static_cast<uint32_t>(key_text_.size()), static_cast<uint32_t>(characters.size()), first_rule, 0});
      key_text_ += characters;
      previous = key;
    }
    const std::string_view target = take(row, '\t');
    rules_.push_back({target, conditions(row)});
    keys_.back().last_rule = static_cast<uint32_t>(rules_.size());
  }
}

const Conditions* Tables::conditions(std::string_view words) {
  const auto [found, is_new] = conditions_.try_emplace(words);
  Conditions& made = found->second;
  if (!is_new) return &made;
  for (std::string_view rest = words; !rest.empty(); ++made.restrictions) {
    std::string_view word = take(rest, ' ');
    const std::string_view kind = take(word, ':');
    if (kind == "start") made.only_at_start = true;
    if (kind == "not-start") made.not_at_start = true;
    if (kind == "end") made.only_at_end = true;
    if (kind == "not-end") made.not_at_end = true;
    if (kind == "whole") made.only_whole = true;
    if (kind == "lang")
      while (!word.empty()) made.languages.push_back(take(word, ','));
    if (kind == "coda") {
      made.coda = word;
      --made.restrictions;
    }
  }
  return &made;
}

void Tables::read_characters(std::string_view table, std::string_view scripts) {
  std::unordered_map<std::string_view, std::string_view> vowels_of;
  while (!scripts.empty()) {
    std::string_view row = take(scripts, '\n');
    const std::string_view script = take(row, '\t');
    vowels_of[script] = row;
  }
  classes_.emplace_back();
  class_of_.assign(kNoCharacter + 1, 0);
  std::unordered_map<std::string_view, uint16_t> known;
  while (!table.empty()) {
    std::string_view row = take(table, '\n');
    const auto first = number<uint32_t>(take(row, '\t'), 16), last = number<uint32_t>(take(row, '\t'), 16);
    const auto [found, is_new] = known.try_emplace(row, static_cast<uint16_t>(classes_.size()));
    if (is_new) {
      const std::string_view script = take(row, '\t');
      Character made = parse_flags(row);
      made.script = script;
      if (const auto vowels = vowels_of.find(script); vowels != vowels_of.end()) made.default_vowels = vowels->second;
      classes_.push_back(made);
    }
    std::fill(class_of_.begin() + first, class_of_.begin() + last + 1, found->second);
  }
}

void Tables::read_numbers(std::string_view numbers, std::string_view signs) {
  while (!numbers.empty()) {
    std::string_view row = take(numbers, '\n');
    const char32_t character = only_character(take(row, '\t'));
    const std::string_view value = take(row, '\t');
    Numeral numeral;
    if (value.find('/') == std::string_view::npos)
      numeral.value = number<int64_t>(value);
    else
      numeral.fraction = value;
    numeral.base = number<int64_t>(take(row, '\t'));
    while (!row.empty()) {
      const std::string_view word = take(row, ' ');
      if (word == "digit") numeral.digit = true;
      if (word == "large") numeral.large_power = true;
      if (word == "cjk") numeral.cjk = true;
    }
    numerals_.emplace(character, numeral);
  }
  while (!signs.empty()) {
    std::string_view row = take(signs, '\n');
    const std::u32string sign = decode_utf8(take(row, '\t'));
    if (row == "minus") minus_signs_ += sign;
    if (row == "divided-by") divisions_.push_back(sign);
  }
}

const Numeral* Tables::numeral(char32_t character) const {
  const auto found = numerals_.find(character);
  return found == numerals_.end() ? nullptr : &found->second;
}

std::u32string_view Tables::decomposition(char32_t character) const {
  const auto found = decompositions_.find(character);
  return found == decompositions_.end() ? std::u32string_view() : found->second;
}

bool Tables::is_minus(char32_t character) const { return minus_signs_.find(character) != std::u32string::npos; }

std::span<const Rule> Tables::rules(std::u32string_view key) const {
  Walk walk(*this);
  for (const char32_t character : key)
    if (!walk.step(character)) return {};
  return walk.rules();
}

bool Tables::Walk::step(char32_t character) {
  // A key that ends here stands before all that go on, and goes on with nothing.
  const auto begin = tables_.keys_.begin();
  const auto lower = std::lower_bound(begin + first_, begin + last_, character, [&](const Key& key, char32_t wanted) {
    return key.length == depth_ || tables_.key_character(key, depth_) < wanted;
  });
  const auto upper = std::upper_bound(lower, begin + last_, character, [&](char32_t wanted, const Key& key) {
    return wanted < tables_.key_character(key, depth_);
  });
  first_ = lower - begin;
  last_ = upper - begin;
  ++depth_;
  return first_ < last_;
}

std::span<const Rule> Tables::Walk::rules() const {
  if (first_ == last_ || depth_ == 0) return {};
  const Key& key = tables_.keys_[first_];
  if (key.length != depth_) return {};
  return {tables_.rules_.data() + key.first_rule, key.last_rule - key.first_rule};
}

}  // namespace vits::text::romanization
