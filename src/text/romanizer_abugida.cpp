#include <algorithm>
#include <array>

#include "romanizer_abugida.h"
#include "romanizer_text.h"

namespace vits::text::romanization {
namespace {

constexpr char32_t kKhmerYo = 0x1799;

// A number sign that uroman knows a value of but no spelling, or not as the first: the Ethiopic 100 and 10,000, the
// ideographic zero, digits of a private use. It fails when it asks whether such a sign goes on a word, and gives no
// vowel then.
bool value_without_spelling_follows(const Passage& passage, int end) {
  while (passage.character(end).is(kNonspacing) && passage.character(end).is(kNukta)) ++end;
  const char32_t sign = passage.at(end);
  return sign == 0x137B || sign == 0x137C || sign == 0x3007 || (sign >= 0xF8F0 && sign <= 0xF8F9) || sign == 0xF8FF;
}

struct Syllable {
  std::string bare;        // the consonants; empty when the target is no such syllable
  std::string with_vowel;  // and the vowel they carry
  std::string as_given;
};

// Where the default vowel begins in "ya", "kyaa": after a consonant and y, or y alone. Any number of the same vowel may
// follow. npos: not of this form.
size_t vowel_after_y(std::string_view text, std::string_view default_vowels) {
  const size_t start = text.size() >= 2 && text[1] == 'y' && is_one_of(text[0], "cfghkmnqrstxy") ? 2
                       : !text.empty() && text[0] == 'y'                                         ? 1
                                                                                                 : text.size();
  if (start >= text.size() || !is_one_of(text[start], default_vowels)) return std::string_view::npos;
  return consists_of(text.substr(start), text.substr(start, 1)) ? start : std::string_view::npos;
}

Syllable take_apart(std::string_view target, std::string_view default_vowels, bool single_character) {
  Syllable syllable;
  syllable.as_given = target;
  const bool hyphen = target.ends_with('-');
  const std::string_view spoken = hyphen ? target.substr(0, target.size() - 1) : target;
  if (const size_t vowel = vowel_after_y(spoken, default_vowels); vowel != std::string_view::npos) {
    syllable.bare = spoken.substr(0, vowel);
    syllable.with_vowel = spoken;
  } else if (spoken.size() >= 2 && is_one_of(spoken.back(), default_vowels)
             && consists_of(spoken.substr(0, spoken.size() - 1), kConsonants)) {
    syllable.bare = spoken.substr(0, spoken.size() - 1);
    syllable.with_vowel = spoken;
    if (single_character) syllable.as_given = spoken;
  } else {
    syllable.bare = target;
    syllable.with_vowel = syllable.bare + default_vowels.front();
  }
  return syllable;
}

bool final_vowel_is_dropped(std::string_view script, std::string_view language) {
  constexpr std::array<std::string_view, 5> kLanguages = {"asm", "ben", "guj", "kas", "pan"};
  if (script == "Devanagari" && language != "san") return true;
  return std::ranges::find(kLanguages, language) != kLanguages.end();
}

bool has_r_and_vowel(std::string_view text) {
  for (size_t index = 0; index + 1 < text.size(); ++index)
    if (text[index] == 'r' && is_one_of(text[index + 1], kVowels)) return true;
  return false;
}

}  // namespace

std::string with_default_vowel(Passage& passage, const TibetanMarks& tibetan, std::string_view target, int start,
                               int end, bool tail) {
  const Character& first = passage.character(start);
  if (first.default_vowels.empty()) return std::string(target);
  const Syllable syllable = take_apart(target, first.default_vowels, start + 1 == end);
  const bool is_tibetan = first.script == "Tibetan";
  const bool takes_vowel = consists_of(syllable.bare, kConsonants) || (is_tibetan && syllable.bare == "'");
  if (!takes_vowel || tail) return syllable.as_given;
  if (is_tibetan) {
    if (tibetan.silent[start]) return {};
    return tibetan.vowel[start] ? syllable.with_vowel : syllable.bare;
  }

  const Character &before = passage.character(start - 1), &next = passage.character(end),
                  &after = passage.character(end + 1);
  // uroman looks for the consonants inside this list, so that the pairs that stand side by side in it count as well.
  constexpr std::string_view kBeforeYo = "bcdfghklmnpqrstvwz";
  if (passage.at(end) == kKhmerYo && (kBeforeYo.find(syllable.bare) != std::string_view::npos || syllable.bare == "ng"))
    return syllable.bare;
  if (next.is(kVowelSign) || next.is(kMedialConsonant) || next.is(kSubjoinedLetter) || next.is(kVirama))
    return syllable.bare;
  if (next.is(kNonspacing) && (after.is(kVowelSign) || after.is(kVirama))) return syllable.bare;
  if (before.is(kVirama)) return syllable.with_vowel;
  if (passage.starts_word(start) && !has_r_and_vowel(syllable.as_given)) return syllable.with_vowel;
  if (value_without_spelling_follows(passage, end)) return syllable.as_given;
  if (passage.ends_word(end))
    return final_vowel_is_dropped(first.script, passage.language()) ? syllable.as_given : syllable.with_vowel;
  if (before.script != first.script) return syllable.with_vowel;
  if (passage.character(end - 1).is(kVocalic)) return syllable.bare;
  return next.script == first.script ? syllable.with_vowel : syllable.as_given;
}

}  // namespace vits::text::romanization
