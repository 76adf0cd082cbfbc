#include "plan.h"

#include "vits/base/seed.h"

namespace vits::voice {

uint64_t seed_of_piece(int64_t seed, size_t utterance, size_t piece) {
  return static_cast<uint64_t>(seed) ^ base::scattered(base::scattered(utterance) + piece);
}

Plan plan_speech(const std::vector<std::string>& texts, const text::Tokenizer& tokenizer, int64_t seed) {
  Plan plan;
  plan.pieces_of.resize(texts.size());
  plan.unknown.resize(texts.size());
  for (size_t utterance = 0; utterance < texts.size(); ++utterance) {
    size_t number = 0;
    for (const auto& piece : text::split_sentences(texts[utterance])) {
      auto encoded = tokenizer.encode(piece.text);
      for (const auto& [character, count] : text::audible(encoded.unknown)) plan.unknown[utterance][character] += count;
      const size_t piece_number = number++;
      if (encoded.spoken.find_first_not_of(' ') == std::string::npos) {
        // Its pause is not lost: a line of dashes between two paragraphs is one.
        if (plan.pieces_of[utterance] > 0)
          plan.pieces.back().pause_after = std::max(plan.pieces.back().pause_after, piece.pause_after);
        continue;
      }
      plan.pieces.push_back(
          {utterance, std::move(encoded.ids), seed_of_piece(seed, utterance, piece_number), piece.pause_after});
      ++plan.pieces_of[utterance];
    }
  }
  return plan;
}

}  // namespace vits::voice
