// What the neighbours of a part do to how it is written: doubled consonants, vowels that stand on the wrong side, signs
// that take a vowel away.
#pragma once
#include <string>

#include "romanizer_passage.h"

namespace vits::text::romanization {

// `text`, which the rules gave for [start, end), as it is written among its neighbours. The reading may take in a
// neighbour.
Edge in_context(Passage& passage, std::string text, int start, int end);

}  // namespace vits::text::romanization
