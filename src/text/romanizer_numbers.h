#pragma once
#include "romanizer_passage.h"

namespace vits::text::romanization {

// Adds readings for what counts: digits of every script, number words of one character and what they make together
// ("三十五" is 35), decimals, fractions and signs.
void add_numbers(Passage& passage);

}  // namespace vits::text::romanization
