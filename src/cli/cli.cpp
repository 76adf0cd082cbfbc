#include "vits/cli/cli.h"

#include <cstdio>
#include <string>
#include <vector>

#include "command_list.h"
#include "help.h"
#include "run_command.h"
#include "version.h"
#include "vits/base/error.h"
#include "vits/base/nearest.h"

namespace vits::cli {

namespace {

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

const Command& command_named(const std::vector<Command>& commands, const std::string& name) {
  std::vector<std::string> known;
  for (const Command& command : commands) {
    if (command.name == name) return command;
    known.push_back(command.name);
  }
  throw UsageError("there is no command \"{}\".{} See vits-train --help.", name, base::did_you_mean(name, known));
}

int run_words(const std::vector<std::string>& words, char** arguments) {
  const auto commands = all_commands();
  const std::string first = words.empty() ? "train" : words.front();
  if (first == "--help" || first == "-h" || first == "help") {
    if (words.size() < 2) {
      print(program_help(commands));
    } else if (words[1] == "--markdown") {
      print(markdown_tables(commands));
    } else {
      print(command_help(command_named(commands, words[1])));
    }
    return 0;
  }
  if (first == "--version") {
    print(version_text());
    return 0;
  }
  const bool named = !words.empty() && !first.starts_with('-');
  return run_command(command_named(commands, named ? first : "train"), {words.begin() + (named ? 1 : 0), words.end()},
                     arguments);
}

}  // namespace

int run(int argument_count, char** arguments) {
  return exit_code_of([&] { return run_words({arguments + 1, arguments + argument_count}, arguments); });
}

}  // namespace vits::cli
