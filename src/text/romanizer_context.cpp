#include "romanizer_context.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "romanizer_text.h"

namespace vits::text::romanization {
namespace {

constexpr char32_t kBrailleCapitalSign = 0x2820, kCombiningGrave = 0x0300, kLongVowelMark = 0x30FC;
constexpr std::u32string_view kSmallTsu = U"っッ", kSmallY = U"ゃゅょャュョ";
constexpr char32_t kGurmukhiAddak = 0x0A71;
constexpr std::u32string_view kPlaceOfConsonant = U"–";  // in the keys of Thai vowels that stand around a consonant

bool contains(std::u32string_view characters, char32_t character) {
  return characters.find(character) != std::u32string_view::npos;
}

// As str.isupper() of Python: something is upper case and nothing is lower or title case.
bool is_upper(const Tables& tables, std::string_view text) {
  bool found = false;
  for (const char32_t letter : decode_utf8(text)) {
    const Character& character = tables.character(letter);
    if (character.is(kLower) || character.is(kTitle)) return false;
    found |= character.is(kUpper);
  }
  return found;
}

// The consonant that a doubling sign before `text` adds. "tch" in Japanese, as Hepburn writes it.
std::string doubled_consonant(std::string_view text, std::string_view for_ch) {
  if (text.starts_with("ch")) return std::string(for_ch);
  return !text.empty() && is_one_of(text[0], "bcdfghjklmnpqrstwz") ? std::string(text.substr(0, 1)) : std::string();
}

// A Thai consonant behind a vowel that is written first and spoken after it; further signs of the vowel may follow.
std::optional<Edge> with_vowel_from_before(Passage& passage, const std::string& text, int start, int end) {
  if (!passage.character(start - 1).is(kVowelBeforeConsonant)) return std::nullopt;
  if (start + 1 == end && consists_of(text, kConsonants)) {
    for (int signs = 3; signs >= 1; --signs) {
      if (end + signs > passage.size()) continue;
      std::u32string around(1, passage.at(start - 1));
      around += kPlaceOfConsonant;
      around += passage.part(end, end + signs);
      if (const auto vowel = passage.first_target(around))
        return Edge{.start = start - 1, .end = end + signs, .text = text + std::string(*vowel)};
    }
  }
  if (passage.character(start - 1).script != "Thai" || !is_one_of(text[0], kConsonants)) return std::nullopt;
  const auto vowel = passage.first_target(passage.part(start - 1, start));
  if (!vowel || vowel->empty()) return std::nullopt;
  return Edge{.start = start - 1, .end = end, .text = text + std::string(*vowel)};
}

// This letter is spoken only between two consonants, of which y is none here.
bool is_silent_o_ang(Passage& passage, int start, int end) {
  constexpr std::string_view kWithoutY = "bcdfghjklmnpqrstvwxz";
  if (passage.at(start) != kThaiOAng || end - start != 1) return false;
  if (passage.character(start - 1).script != "Thai" || passage.character(end).script != "Thai") return true;
  const auto next = passage.first_target(passage.part(end, end + 1));
  return !consists_of(passage.lattice().last_reading_before(start), kWithoutY)
         || !consists_of(next.value_or(""), kWithoutY);
}

// ki + small ya = kya.
std::optional<std::string> joined_with_small_y(Passage& passage, std::string_view text, int rule_start, int start,
                                               int end) {
  if (!contains(kSmallY, passage.at(end)) || passage.character(end - 1).script != passage.character(end).script)
    return std::nullopt;
  if (text.size() < 2 || text.back() != 'i' || !is_one_of(text[text.size() - 2], kConsonants)) return std::nullopt;
  const auto small = passage.first_target(passage.part(end, end + 1));
  if (!small || small->empty()) return std::nullopt;
  for (const int from : {rule_start, start}) {
    const auto own_rule = passage.target(from, end + 1);
    if (own_rule && !own_rule->empty()) return std::nullopt;
  }
  return std::string(text.substr(0, text.size() - 1)).append(*small);
}

}  // namespace

Edge in_context(Passage& passage, std::string text, int start, int end) {
  const int rule_start = start;
  if (text.empty()) return {.start = start, .end = end, .text = text};
  if (passage.at(start - 1) == kBrailleCapitalSign && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = ascii_upper(text[0]);
    return {.start = start - 1, .end = end, .text = text};
  }
  // A letter that becomes several: "THessalonike" is wrong, "THESSALONIKE" is right.
  if (start + 1 == end && passage.character(end).is(kLower) && is_upper(passage.tables(), text))
    std::transform(text.begin() + 1, text.end(), text.begin() + 1, ascii_lower);

  const bool after_small_tsu = contains(kSmallTsu, passage.at(start - 1));
  if (after_small_tsu || passage.at(start - 1) == kGurmukhiAddak) {
    const std::string consonant = doubled_consonant(text, after_small_tsu ? "t" : "c");
    if (!consonant.empty()) {
      text.insert(0, consonant);
      --start;
    }
  }
  if (passage.character(start).script == "Thai") {
    if (auto whole = with_vowel_from_before(passage, text, start, end)) return *std::move(whole);
    if (is_silent_o_ang(passage, start, end)) return {.start = start, .end = end};
  }
  if (passage.at(end) == kCombiningGrave && passage.character(end - 1).script == "Coptic") {
    const auto own_rule = passage.target(rule_start, end + 1);
    if (!own_rule || own_rule->empty()) {
      text.insert(0, "e");
      ++end;
    }
  }
  if (auto joined = joined_with_small_y(passage, text, rule_start, start, end)) {
    text = *std::move(joined);
    ++end;
  }
  const std::string_view script = passage.character(end - 1).script;
  if (passage.at(end) == kLongVowelMark && (script == "Hiragana" || script == "Katakana")
      && is_one_of(text.back(), kVowels))
    return {.start = start, .end = end + 1, .text = text + text.back()};
  if (passage.character(end).is(kVirama)) return {.start = start, .end = end + 1, .text = text};
  if (text.front() == ' ' && (start == 0 || passage.at(start - 1) == ' ')) text.erase(0, 1);
  if (text.ends_with(' ') && passage.at(end) == ' ') text.pop_back();
  return {.start = start, .end = end, .text = text};
}

}  // namespace vits::text::romanization
