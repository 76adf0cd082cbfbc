// The program as a person runs it, and a voice to give it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "support/support.h"
#include "vits/base/process.h"

namespace vits::cli_tests {

using base::Finished;

// `words` are what follows the program's name.
inline Finished run(std::vector<std::string> words) {
  words.insert(words.begin(), support::program().string());
  return base::run_program(words);
}

inline std::filesystem::path tiny_voice() {
  return support::reference_data("voice_tiny_single", "tests/reference/make_model.py", {"--size", "tiny"});
}

}  // namespace vits::cli_tests
