#include "vits/base/background_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "start_program.h"

namespace vits::base {

namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr double kSecondsToEndPolitely = 2.0;

}  // namespace

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& arguments, const std::filesystem::path& log_file) {
  Pipe in;
  ProgramSetup setup;
  setup.own_group();
  posix_spawn_file_actions_adddup2(&setup.streams, in.read_end, 0);
  posix_spawn_file_actions_addopen(&setup.streams, 1, log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&setup.streams, 1, 2);
  process_ = start_program(arguments, setup);
  input_ = Pipe::release(in.write_end);
}

BackgroundProgram::~BackgroundProgram() {
  if (finish(0)) return;
  const auto group = static_cast<pid_t>(-process_);
  ::kill(group, SIGTERM);
  if (finish(kSecondsToEndPolitely)) return;
  ::kill(group, SIGKILL);
  while (!exit_code()) std::this_thread::sleep_for(kBetweenLooks);
}

std::optional<int> BackgroundProgram::exit_code() {
  int status = 0;
  if (!exit_code_ && ::waitpid(static_cast<pid_t>(process_), &status, WNOHANG) == process_)
    exit_code_ = exit_code_of_status(status);
  return exit_code_;
}

std::optional<int> BackgroundProgram::finish(double seconds) {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
  const auto begin = std::chrono::steady_clock::now();
  while (!exit_code() && std::chrono::steady_clock::now() - begin < std::chrono::duration<double>(seconds))
    std::this_thread::sleep_for(kBetweenLooks);
  return exit_code_;
}

}  // namespace vits::base
