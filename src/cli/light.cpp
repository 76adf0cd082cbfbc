#include "vits/cli/light.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "prepare_command.h"
#include "run_command.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::cli {

Command make_speakers_command();

int run_light(int argument_count, char** arguments, const std::filesystem::path& whole_program) {
  const auto become_whole = [&]() -> int64_t {
    base::throw_if_stopped();
    ::execv(whole_program.c_str(), arguments);
    throw Error("cannot start {}: {}. It belongs beside vits-train; make both again with scripts/setup.",
                whole_program.string(), std::strerror(errno));
  };
  return exit_code_of([&]() -> int {
    const std::vector<std::string> words{arguments + 1, arguments + argument_count};
    if (!words.empty()) {
      // A voice is read by LibTorch: asked for its rate, `prepare` begins anew in the whole program.
      const std::vector<Command> light{make_prepare_command([&](const std::string&) { return become_whole(); }),
                                       make_speakers_command()};
      for (const Command& command : light)
        if (command.name == words.front()) return run_command(command, {words.begin() + 1, words.end()}, arguments);
    }
    become_whole();
    return 1;
  });
}

}  // namespace vits::cli
