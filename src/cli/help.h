// What `--help` teaches: the program's page by what a person is doing, a command's page with its options and examples,
// and the README's table, which a test holds against this.
#pragma once
#include <string>
#include <vector>

#include "command.h"

namespace vits::cli {

std::string program_help(const std::vector<Command>& commands);
std::string command_help(const Command& command);
std::string markdown_tables(const std::vector<Command>& commands);

}  // namespace vits::cli
