#include "parser.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/nearest.h"

namespace vits::cli {

namespace {

bool is_bool(const base::Option* option) { return option && std::holds_alternative<bool*>(option->value); }

bool takes_several(const base::Option& option) {
  return !option.limits.positional && std::holds_alternative<std::vector<std::string>*>(option.value);
}

// A variable of a script that was never set, most likely; as a value it would be taken for none given.
void refuse_empty(const base::Option* option, const std::vector<std::string>& values) {
  if (option && std::holds_alternative<std::string*>(option->value) && values == std::vector<std::string>{""})
    throw UsageError("{}{} is empty. Give it a value, or leave it out.", option->limits.positional ? "" : "--",
                     option->name);
}

bool is_truth_word(const std::string& word) {
  for (const char* known : {"true", "false", "1", "0", "yes", "no", "on", "off"})
    if (word == known) return true;
  return false;
}

// --noise-scale=1 becomes --noise_scale=1, and a switch that stands alone becomes --switch=true.
std::vector<std::string> normalized(const Command& command, const std::vector<std::string>& words) {
  std::vector<std::string> result;
  bool only_positionals = false;
  for (size_t at = 0; at < words.size(); ++at) {
    std::string word = words[at];
    only_positionals = only_positionals || word == "--";
    if (only_positionals || !word.starts_with("--")) {
      result.push_back(word);
      continue;
    }
    const size_t equals = std::min(word.find('='), word.size());
    std::replace(word.begin() + 2, word.begin() + static_cast<std::ptrdiff_t>(equals), '-', '_');
    const base::Option* option = command.options.find(word.substr(2, equals - 2));
    if (is_bool(option) && equals == word.size()) {
      const bool follows = at + 1 < words.size() && is_truth_word(words[at + 1]);
      word += "=" + (follows ? words[++at] : std::string("true"));
    }
    result.push_back(word);
  }
  return result;
}

void refuse_unknown(const Command& command, const std::vector<std::string>& extras, Named named) {
  const std::string& word = extras.front();
  if (!word.starts_with('-'))
    throw UsageError("{} takes no \"{}\" here.{} See vits-train {} --help.", command.name, word,
                     command.options.find("text") ? " What is to be said goes behind --text." : "", command.name);
  std::vector<std::string> known{"--help", "--config"};
  if (named == Named::kNo) known.push_back("--version");
  for (const auto& option : command.options.options())
    if (!option.limits.positional) known.push_back("--" + option.name);
  const std::string flag = word.substr(0, word.find('='));
  const std::string proposal = base::did_you_mean(flag, known);
  if (named == Named::kNo) throw UsageError("vits-train has no flag {}.{} See vits-train --help.", flag, proposal);
  throw UsageError("{} has no flag {}.{} See vits-train {} --help.", command.name, flag, proposal, command.name);
}

// Gives the names of the options that it set.
std::set<std::string> apply_config(const Command& command, const std::string& path) {
  try {
    const auto config = nlohmann::json::parse(base::read_file(path), nullptr, true, true);
    base::set_from_json(command.options, config, path);
    std::set<std::string> names;
    for (const auto& [key, value] : config.items()) {
      std::string name = key;
      std::replace(name.begin(), name.end(), '-', '_');
      names.insert(name);
    }
    return names;
  } catch (const nlohmann::json::parse_error& error) {
    throw UsageError("{} is not JSON: byte {} is unexpected. Mend it, or pass the options as flags.", path, error.byte);
  }
}

}  // namespace

Wish parse(const Command& command, const std::vector<std::string>& words, Named named) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  bool help = false;
  std::string config;
  app.add_flag("--help,-h", help);
  app.add_option("--config", config);
  std::map<std::string, std::vector<std::string>> given;
  for (const base::Option& option : command.options.options()) {
    const std::string name = option.limits.positional ? option.name : "--" + option.name;
    auto* added = app.add_option(name, given[option.name])->expected(1);
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // The next word is the next positional's, or stands there by mistake.
    if (!takes_several(option)) added->allow_extra_args(false);
  }
  auto list = normalized(command, words);
  std::reverse(list.begin(), list.end());  // CLI11 takes them from the back
  try {
    app.parse(list);
  } catch (const CLI::ParseError& error) {
    throw UsageError("{}. See vits-train {} --help.", error.what(), command.name);
  }
  if (help) return Wish::kHelp;
  if (const auto extras = app.remaining(); !extras.empty()) refuse_unknown(command, extras, named);
  for (const auto& [name, values] : given) refuse_empty(command.options.find(name), values);
  if (app.count("--config") > 0 && config.empty())
    throw UsageError("--config is empty. Was a variable of a script never set? Leave the option out for none.");
  std::set<std::string> flags, configured;
  for (const auto& [name, values] : given)
    if (!values.empty()) flags.insert(name);
  const auto set_what_was_given = [&] {
    if (!config.empty()) configured = apply_config(command, config);
    for (const std::string& name : flags) command.options.set(name, given.at(name));
  };
  set_what_was_given();
  if (command.beneath) {
    command.beneath();
    set_what_was_given();
  }
  if (command.settle) command.settle(flags, configured);
  for (const base::Option& option : command.options.options())
    if (option.limits.required && base::value_text(option).empty())
      throw UsageError("{} needs {}{}: {} See vits-train {} --help.", command.name,
                       option.limits.positional ? "" : "--", option.name, option.help, command.name);
  return Wish::kRun;
}

}  // namespace vits::cli
