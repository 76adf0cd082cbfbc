#include "vits/cli/cli.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "command_list.h"
#include "help.h"
#include "parser.h"
#include "version.h"
#include "vits/base/error.h"
#include "vits/base/mapped_file.h"
#include "vits/base/nearest.h"
#include "vits/base/patience.h"
#include "vits/base/standard_streams.h"
#include "vits/base/stop_signal.h"
#include "vits/report/log.h"

namespace vits::cli {

namespace {

void print(const std::string& text) { fmt::print("{}", text); }

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
  const Command& command = command_named(commands, named ? first : "train");
  if (parse(command, {words.begin() + (named ? 1 : 0), words.end()}, named ? Named::kYes : Named::kNo) == Wish::kHelp) {
    print(command_help(command));
    return 0;
  }
  if (command.computes_for_hours) base::wait_patiently(arguments);
  base::watch_for_stop();
  base::explain_lost_pages();
  return command.run();
}

// LibTorch's texts carry a stack below the first line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void flush_output() {
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
}

// A reader that has seen enough (`| head`) need not be told.
int code_of_failed_output(const std::error_code& why) {
  if (why == std::errc::broken_pipe) return base::kExitCodeUnread;
  report::error(
      fmt::format("cannot write to standard output: {}. Make room there, or choose another place.", why.message()));
  return 1;
}

}  // namespace

int run(int argument_count, char** arguments) {
  base::open_closed_streams();
  base::make_failed_writes_errors();
  try {
    const int code = run_words({arguments + 1, arguments + argument_count}, arguments);
    flush_output();
    return code;
  } catch (const Stopped& stopped) {
    report::error(stopped.what());
    return 128 + stopped.signal_number;
  } catch (const UsageError& error) {
    report::error(error.what());
    return 2;
  } catch (const Error& error) {
    report::error(error.what());
    return 1;
  } catch (const std::bad_alloc&) {
    report::error("the memory is used up. Close other programs, or use a smaller batch.");
    return 1;
  } catch (const std::system_error& error) {
    if (std::ferror(stdout)) return code_of_failed_output(error.code());
    report::error(first_line(error.what()));
    return 1;
  } catch (const std::exception& error) {
    report::error(first_line(error.what()));
    return 1;
  }
}

}  // namespace vits::cli
