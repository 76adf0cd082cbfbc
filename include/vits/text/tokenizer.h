// Text in, token ids out: what the text encoder of a VITS voice reads.
//
// The text is normalised as transformers' VitsTokenizer does it, because that is the text its voices were trained on
// and are spoken with elsewhere: lower case letter by letter (a Greek capital sigma becomes σ at a word's end too)
// unless the vocabulary has the capital, Romanian ț written as ţ, other scripts romanised for `is_uroman` voices,
// phonemes for `phonemize` voices, and what the vocabulary does not have left out.
//
// Blanks (id 0) then go between the symbols. transformers cuts the text at each occurrence of its padding token first,
// and as MMS voices have an ordinary letter there ("k" in English), a "k" at either end of a text or beside another
// loses its blanks. The original code, with which the voices were trained, does not.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vits/text/tokenizer_settings.h"

namespace vits::text {

enum class Interspersing {
  kOriginal,      // 0 c1 0 c2 0 ... cn 0, and 0 alone for no text: what we train and speak with
  kTransformers,  // the same in the pieces between padding tokens, each of which stands without blanks
};

struct Encoded {
  std::vector<int64_t> ids;
  std::string spoken;                      // the normalised text that the ids stand for
  std::map<std::string, int64_t> unknown;  // characters (after normalising) that the vocabulary lacks, and how often
};

// The unknown characters that a listener would miss: letters, digits and signs that are read aloud, such as %. Silent
// ones (punctuation, blanks, control characters, joiners, variation selectors) are not worth a warning.
std::map<std::string, int64_t> audible(const std::map<std::string, int64_t>& unknown);

// May be copied and asked by several threads at once.
class Tokenizer {
 public:
  explicit Tokenizer(TokenizerSettings settings, Interspersing interspersing = Interspersing::kOriginal);

  // Any bytes are taken; those that are not UTF-8 count as the unknown character U+FFFD. Every id is one of the
  // vocabulary's: where transformers would give an id beyond the embedding (its "<unk>"), nothing is said and the
  // character is counted. Throws Error when a `phonemize` voice finds no espeak-ng.
  Encoded encode(std::string_view utf8) const;

  const TokenizerSettings& settings() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace vits::text
