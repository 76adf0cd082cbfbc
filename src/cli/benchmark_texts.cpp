#include "benchmark_texts.h"

namespace vits::cli {

std::vector<std::string> benchmark_sentences() {
  static const char* const beginnings[8] = {
      "the ferry", "an old clock in the hall",      "my neighbour",
      "nobody",    "the children of the village",   "a letter from the ministry",
      "rain",      "the man who repairs the lines",
  };
  static const char* const ends[8] = {
      "came late again",
      "was the first thing she saw",
      "cannot be trusted before nine",
      "made everybody at the table laugh",
      "is said to have crossed the mountains",
      "went home",
      "had been waiting since spring",
      "told us where the old bridge used to stand",
  };
  std::vector<std::string> sentences;
  for (int i = 0; i < 64; ++i) sentences.push_back(std::string(beginnings[i % 8]) + " " + ends[(i / 8 + i) % 8]);
  return sentences;
}

}  // namespace vits::cli
