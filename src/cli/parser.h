// From the words of a command line to the options of a command. Precedence: default, then --config FILE, then flag.
#pragma once
#include <string>
#include <vector>

#include "command.h"

namespace vits::cli {

enum class Wish { kRun, kHelp };

// Whether the words began with the command's name. Where they do not, a mistyped flag may be one of the program's own.
enum class Named { kYes, kNo };

// Sets the command's options. Throws UsageError for an unknown flag (naming the nearest known one), a missing or bad
// value.
Wish parse(const Command& command, const std::vector<std::string>& words, Named named = Named::kYes);

}  // namespace vits::cli
