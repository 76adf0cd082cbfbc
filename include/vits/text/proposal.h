// What a person can do about a character that a voice's vocabulary lacks: most are there by accident (another code
// point for the same letter, typographic marks, figures) and have a replacement that the voice knows.
#pragma once
#include <string>
#include <string_view>

#include "vits/text/tokenizer.h"

namespace vits::text {

enum class ProposalKind {
  kCase,         // the other case is known
  kCompose,      // letter and mark are two characters here, one in the vocabulary (NFC)
  kDecompose,    // the other way round (NFD)
  kCompatible,   // presentation forms, ligatures, full width (NFKC)
  kLookAlike,    // another letter that looks or is typed alike: Arabic and Kurdish yeh and kaf, Cyrillic а, dotless ı
  kPunctuation,  // a typographic mark with a plain one
  kBaseLetter,   // the letter without its accent, or its usual spelling: another sound, but better than none
  kDigit,        // numbers are to be written as words
  kSign,         // %, &, € and the like are to be written as words
  kSilent,       // marks, blanks and invisible characters: nothing is lost by leaving them out
  kOtherScript,  // a letter of a script that the voice cannot read
  kNone,
};

struct Proposal {
  ProposalKind kind = ProposalKind::kNone;
  std::string instead_of;   // what the replacement stands for: the character, with its letter when it is a mark
  std::string replacement;  // all of it in the vocabulary; empty when there is none
  std::string advice;       // a sentence
};

// `character` is one of Encoded::unknown and `text` a text in which it occurred.
Proposal propose(const Tokenizer& tokenizer, std::string_view character, std::string_view text);

std::string_view name_of(ProposalKind kind);  // "case", "compose", ...: for programs

// "U+2019 RIGHT SINGLE QUOTATION MARK": also for characters that cannot be seen.
std::string character_name(std::string_view character);

// Whether the text holds a digit of any script.
bool has_digit(std::string_view utf8);

// Letters, digits and signs that are read aloud, without blanks and punctuation: what takes time to say.
int64_t spoken_characters(std::string_view utf8);

}  // namespace vits::text
