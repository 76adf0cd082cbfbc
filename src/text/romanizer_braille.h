// Braille marks capitals and numbers with signs in front of them.
#pragma once
#include <vector>

#include "romanizer_passage.h"

namespace vits::text::romanization {

// By position: is the sign part of a stretch in capitals, which two capital signs open and a blank closes?
std::vector<bool> braille_capitals(const Passage& passage);

// Adds a reading for each number sign and the digits behind it.
void add_braille_numbers(Passage& passage);

}  // namespace vits::text::romanization
