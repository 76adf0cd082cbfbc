// What there is to speak: the texts cut into pieces, the pieces turned into token ids.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vits/text/sentences.h"
#include "vits/text/tokenizer.h"

namespace vits::voice {

struct PlannedPiece {
  size_t utterance = 0;
  std::vector<int64_t> token_ids;  // never empty
  uint64_t seed = 0;
  text::Pause pause_after = text::Pause::kNone;
};

struct Plan {
  std::vector<PlannedPiece> pieces;                     // in the order of the texts
  std::vector<size_t> pieces_of;                        // how many each utterance has; 0: nothing to speak
  std::vector<std::map<std::string, int64_t>> unknown;  // of each utterance
};

Plan plan_speech(const std::vector<std::string>& texts, const text::Tokenizer& tokenizer, int64_t seed);

// Utterance 0, piece 0 has the seed itself: what transformers draws after torch.manual_seed(seed).
uint64_t seed_of_piece(int64_t seed, size_t utterance, size_t piece);

}  // namespace vits::voice
