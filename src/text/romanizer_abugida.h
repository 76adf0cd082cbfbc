// Scripts whose consonants carry a vowel unless something says otherwise (most of India, Khmer, Burmese, Tibetan).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "romanizer_passage.h"

namespace vits::text::romanization {

// What a Tibetan syllable asks of its letters: which of them is followed by the vowel, and which are not spoken.
struct TibetanMarks {
  std::vector<bool> vowel, silent;  // by position
};
TibetanMarks mark_tibetan_syllables(Passage& passage);

// `target`, which the rules gave for [start, end), with its vowel put on or taken off. A `tail` closes the syllable
// before it and stays as it is.
std::string with_default_vowel(Passage& passage, const TibetanMarks& tibetan, std::string_view target, int start,
                               int end, bool tail);

}  // namespace vits::text::romanization
