// What a person can cause or mend. `cli` prints the text alone, without a stack, and exits with 1; a mistake in how the
// program was called is a UsageError and exits with 2.
//
// A text has three parts: what happened with the value seen, where (file, row, option, step), what to do next.
#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace vits {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& text) : std::runtime_error(text) {}

  template <class... Args>
  explicit Error(fmt::format_string<Args...> text, Args&&... args)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

class UsageError : public Error {
 public:
  using Error::Error;
};

// A stop that the person asked for (Ctrl-C, SIGTERM): what was finished is kept. `cli` exits with 128 + signal.
class Stopped : public Error {
 public:
  explicit Stopped(int number) : Error("stopped by signal {}", number), signal_number(number) {}
  int signal_number;
};

}  // namespace vits
