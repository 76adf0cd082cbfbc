#include "benchmark_texts.h"

namespace vits::cli {

std::vector<std::string> benchmark_sentences() {
  static const char* const beginnings[8] = {
      "the ferry",
      "an old clock in the hall",
      "my neighbour",
      "nobody",
      "the children of the village",
      "a letter from the ministry of transport",
      "rain",
      "the man who repairs the telephone lines along the coast",
  };
  static const char* const ends[8] = {
      "came late again",
      "was the first thing that she saw when the lights went on",
      "cannot be trusted before nine",
      "made everybody at the table laugh",
      "is said to have crossed the mountains twice in a single winter",
      "went home",
      "had been waiting for this since the spring of the year before",
      "told us where the bridge used to stand and why it was never built again",
  };
  std::vector<std::string> sentences;
  for (int i = 0; i < 64; ++i) sentences.push_back(std::string(beginnings[i % 8]) + " " + ends[(i / 8 + i) % 8]);
  return sentences;
}

}  // namespace vits::cli
