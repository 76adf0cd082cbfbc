// A command of the program: what it is called, what its help teaches, its options and what it does. One file each:
// src/cli/<name>_command.cpp holds the options struct and `Command make_<name>_command()`, which command_list.cpp
// names.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "vits/base/options.h"

namespace vits::cli {

struct Command {
  std::string name;
  std::string group;    // by what a person is doing; see command_list.h
  std::string summary;  // one line without a full stop
  std::string details;  // what the help says above the options
  std::vector<std::string> examples;
  base::OptionTable options;
  std::function<int()> run;         // the exit code
  bool computes_for_hours = false;  // worth a start anew with better settings (base/patience.h)
  // Called when the options are set, to put other values beneath what was given: --config and flags are then set once
  // more. May be empty.
  std::function<void()> beneath = {};
  // Called last, with the names of the options that flags and --config gave: where one excludes another. May be empty.
  std::function<void(const std::set<std::string>& flags, const std::set<std::string>& config)> settle = {};
};

// The options live as long as the command.
template <class Options>
Command make_command(Command words, int (*run)(const Options&)) {
  const auto options = std::make_shared<Options>();
  words.options = base::OptionTable::of(*options);
  words.run = [options, run] { return run(*options); };
  return words;
}

}  // namespace vits::cli
