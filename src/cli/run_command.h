// From a command to the exit code of the process.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "command.h"

namespace vits::cli {

// Sets the command's options from `words` and runs it, or prints its help. `arguments` are those of main().
int run_command(const Command& command, const std::vector<std::string>& words, char** arguments);

// What `work` gives; when it throws, the error is told on the error output and the exit code is that of its kind.
int exit_code_of(const std::function<int()>& work);

}  // namespace vits::cli
