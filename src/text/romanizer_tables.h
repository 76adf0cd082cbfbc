// What romanising has to know: how a run of characters is written in Latin letters and under which conditions, and what
// each character is. src/text/data/uroman/README.md describes the files; the views below point into them.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "romanizer_data.h"

namespace vits::text::romanization {

constexpr char32_t kNoCharacter = 0x110000;  // stands before the first and after the last character of a text

// When a rule may be used, and what it becomes at the end of a syllable.
struct Conditions {
  bool only_at_start = false, not_at_start = false;  // of a word, and so are the others
  bool only_at_end = false, not_at_end = false;
  bool only_whole = false;
  std::vector<std::string_view> languages;  // empty: all of them
  std::optional<std::string_view> coda;
  int restrictions = 0;  // how many of the above; the rule with most of them wins
};

struct Rule {
  std::string_view target;
  const Conditions* conditions;  // never null
};

enum Trait : uint32_t {
  kAlphabetic = 1u << 0,
  kUpper = 1u << 1,
  kLower = 1u << 2,
  kTitle = 1u << 3,
  kLetterOrMark = 1u << 4,
  kDecimal = 1u << 5,
  kNumeric = 1u << 6,  // and not zero
  kNonspacing = 1u << 7,
  kFormatOrPrivate = 1u << 8,
  kToneMark = 1u << 9,
  kVowelBeforeConsonant = 1u << 10,  // written before the consonant that it is spoken after (Thai)
  kVowelSign = 1u << 11,
  kMedialConsonant = 1u << 12,
  kVirama = 1u << 13,
  kTibetanLetter = 1u << 14,
  kSubjoinedLetter = 1u << 15,
  kNukta = 1u << 16,
  kVocalic = 1u << 17,
};

struct Character {
  std::string_view script;          // empty for what belongs to none, such as ASCII
  std::string_view default_vowels;  // of an abugida's script: each a letter, the first is the usual one
  uint32_t traits = 0;
  int digit = -1;

  bool is(Trait trait) const { return (traits & trait) != 0; }
};

// A character that counts: a value or a fraction.
struct Numeral {
  int64_t value = -1;         // -1 for a fraction
  std::string_view fraction;  // "1/2"
  int64_t base = 0;           // the power of ten that the value is a multiple of
  bool digit = false, large_power = false, cjk = false;
};

class Tables {
 public:
  explicit Tables(const Data& data);
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  const Character& character(char32_t character) const { return classes_[class_of_[character]]; }
  const Numeral* numeral(char32_t character) const;             // null when it does not count
  std::u32string_view decomposition(char32_t character) const;  // empty when there is none to romanise
  bool is_minus(char32_t character) const;
  const std::vector<std::u32string>& divisions() const {
    return divisions_;
  }  // stand between denominator and numerator

  std::span<const Rule> rules(std::u32string_view key) const;

  // All rules for the runs of characters that start at one place, a character at a time.
  class Walk {
   public:
    explicit Walk(const Tables& tables) : tables_(tables), last_(tables.keys_.size()) {}
    bool step(char32_t character);  // false when no key goes on like this; the walk is over then
    std::span<const Rule> rules() const;

   private:
    const Tables& tables_;
    size_t first_ = 0, last_, depth_ = 0;
  };

 private:
  struct Key {
    uint32_t start, length;  // in key_text_
    uint32_t first_rule, last_rule;
  };
  char32_t key_character(const Key& key, size_t depth) const { return key_text_[key.start + depth]; }
  const Conditions* conditions(std::string_view words);
  void read_rules(std::string_view table);
  void read_characters(std::string_view table, std::string_view scripts);
  void read_numbers(std::string_view numbers, std::string_view signs);

  std::vector<Rule> rules_;
  std::unordered_map<std::string_view, Conditions> conditions_;
  std::u32string key_text_;
  std::vector<Key> keys_;  // in the order of their code points, so that the keys with one beginning stand together
  std::vector<Character> classes_;
  std::vector<uint16_t> class_of_;  // of every code point and of kNoCharacter
  std::unordered_map<char32_t, Numeral> numerals_;
  std::unordered_map<char32_t, std::u32string> decompositions_;
  std::u32string minus_signs_;
  std::vector<std::u32string> divisions_;
};

}  // namespace vits::text::romanization
