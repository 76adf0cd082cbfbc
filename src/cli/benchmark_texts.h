// Sixty-four English sentences of 10 to 75 letters, made of words that any vocabulary of Latin letters has.
#pragma once
#include <string>
#include <vector>

namespace vits::cli {

std::vector<std::string> benchmark_sentences();

}  // namespace vits::cli
