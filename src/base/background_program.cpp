#include "vits/base/background_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "vits/base/error.h"

extern char** environ;

namespace vits::base {

namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr double kSecondsToEndPolitely = 2.0;

}  // namespace

BackgroundProgram::BackgroundProgram(const std::vector<std::string>& arguments, const std::filesystem::path& log_file) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error("cannot make a pipe: {}.", std::strerror(errno));
  std::vector<char*> words;
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  posix_spawn_file_actions_addopen(&actions, 1, log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;  // whoever ignores a signal hands that on to what it starts
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  pid_t process = -1;
  const int failed = ::posix_spawnp(&process, words[0], &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[0]);
  if (failed) {
    ::close(ends[1]);
    throw Error("cannot start the program {}: {}.", arguments.at(0), std::strerror(failed));
  }
  process_ = process;
  input_ = ends[1];
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
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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
