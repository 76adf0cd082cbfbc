#include "help.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <variant>

namespace vits::cli {

namespace {

constexpr size_t kWidth = 100;

// Words from `column` on, at most kWidth wide; the first line begins where the cursor stands.
std::string wrapped(const std::string& text, size_t column) {
  std::string result;
  size_t used = column;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool first = result.empty();
    if (!first && used + 1 + word.size() > kWidth) {
      result += "\n" + std::string(column, ' ');
      used = column;
    } else if (!first) {
      result += ' ';
      ++used;
    }
    result += word;
    used += word.size();
  }
  return result;
}

std::string flag_text(const base::Option& option) {
  if (option.limits.positional) return option.name;
  struct Kind {
    const char* operator()(const bool*) const { return ""; }
    const char* operator()(const int64_t*) const { return " N"; }
    const char* operator()(const double*) const { return " X"; }
    const char* operator()(const std::string*) const { return " TEXT"; }
    const char* operator()(const std::vector<std::string>*) const { return " TEXT ..."; }
  };
  return "--" + option.name + std::visit(Kind{}, option.value);
}

std::string option_help(const base::Option& option) {
  std::string help = option.help;
  if (const auto limits = base::limits_text(option); !limits.empty()) help += " [" + limits + "]";
  if (option.limits.required && !option.limits.positional) help += " (required)";
  if (!option.limits.required && !option.default_text.empty()) help += " (default " + option.default_text + ")";
  return help;
}

}  // namespace

std::string program_help(const std::vector<Command>& commands) {
  std::string text =
      "vits-train turns recordings into a voice: it fine-tunes MMS/VITS text-to-speech without Python.\n\n"
      "Usage: vits-train [options]           trains\n       vits-train COMMAND [options]\n";
  std::string group;
  for (const Command& command : commands) {
    if (command.group != group) text += fmt::format("\n{}\n", group = command.group);
    text += fmt::format("  {:<12} {}\n", command.name, command.summary);
  }
  text +=
      "\nMore\n"
      "  vits-train COMMAND --help   what a command does, its options and an example to paste\n"
      "  vits-train --version        versions of the program and of what it stands on\n"
      "\nFlags may be spelt with underscores or hyphens; --config FILE reads them from JSON. Exit codes: 0 done, 1 an "
      "error\n"
      "that the last line explains, 2 wrong usage, 3 audit: training would fail, 128 + N stopped by signal N.\n";
  return text;
}

std::string command_help(const Command& command) {
  std::string usage = "Usage: vits-train " + command.name;
  for (const auto& option : command.options.options())
    if (option.limits.positional) usage += " " + option.name;
  std::string text = fmt::format("{}: {}\n\n{}\n\n", command.name, command.summary, usage + " [options]");
  std::istringstream paragraphs(command.details);
  for (std::string line; std::getline(paragraphs, line);) text += wrapped(line, 0) + "\n";
  text += "\nOptions\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& option : command.options.options()) rows.emplace_back(flag_text(option), option_help(option));
  rows.emplace_back("--config FILE", "Read options from a JSON file; flags win over it.");
  rows.emplace_back("--help", "This page.");
  size_t column = 0;
  for (const auto& [flag, help] : rows) column = std::max(column, flag.size() + 4);
  for (const auto& [flag, help] : rows) text += fmt::format("  {:<{}}{}\n", flag, column - 2, wrapped(help, column));
  if (!command.examples.empty()) text += "\nExamples\n";
  for (const auto& example : command.examples) text += "  " + example + "\n";
  return text;
}

std::string markdown_tables(const std::vector<Command>& commands) {
  std::string text;
  for (const Command& command : commands) {
    text += fmt::format("#### `vits-train {}`\n\n{}.\n\n| option | default | what it does |\n| --- | --- | --- |\n{}\n",
                        command.name, command.summary, base::markdown_rows(command.options));
  }
  return text;
}

}  // namespace vits::cli
