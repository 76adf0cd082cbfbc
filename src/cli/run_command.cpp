#include "run_command.h"

#include <cstdio>
#include <exception>
#include <new>

#include "help.h"
#include "parser.h"
#include "vits/base/error.h"
#include "vits/base/mapped_file.h"
#include "vits/base/patience.h"
#include "vits/base/stop_signal.h"
#include "vits/report/log.h"

namespace vits::cli {

namespace {

// LibTorch's texts carry a stack below the first line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

int run_command(const Command& command, const std::vector<std::string>& words, char** arguments) {
  if (parse(command, words) == Wish::kHelp) {
    std::fputs(command_help(command).c_str(), stdout);
    return 0;
  }
  if (command.computes_for_hours) base::wait_patiently(arguments);
  base::watch_for_stop();
  base::explain_lost_pages();
  return command.run();
}

int exit_code_of(const std::function<int()>& work) {
  try {
    const int code = work();
    if (std::fflush(stdout) != 0) throw Error("cannot write to standard output. Is the disk full or the reader gone?");
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
  } catch (const std::exception& error) {
    report::error(first_line(error.what()));
    return 1;
  }
}

}  // namespace vits::cli
