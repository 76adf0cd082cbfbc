#include "start_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vits/base/error.h"

extern char** environ;

namespace vits::base {

Pipe::Pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error("cannot make a pipe: {}.", std::strerror(errno));
  read_end = ends[0];
  write_end = ends[1];
}

Pipe::~Pipe() {
  close_end(read_end);
  close_end(write_end);
}

void Pipe::close_end(int& end) {
  if (end >= 0) ::close(end);
  end = -1;
}

int Pipe::release(int& end) {
  const int kept = end;
  end = -1;
  return kept;
}

ProgramSetup::ProgramSetup() {
  posix_spawn_file_actions_init(&streams);
  posix_spawnattr_init(&attributes);
  sigset_t defaults;  // whoever ignores a signal hands that on to what it starts
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
}

ProgramSetup::~ProgramSetup() {
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&streams);
}

void ProgramSetup::own_group() {
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

pid_t start_program(const std::vector<std::string>& arguments, const ProgramSetup& setup,
                    const std::map<std::string, std::string>& extra_environment) {
  std::vector<char*> words;
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);

  std::vector<std::string> settings;
  for (char** entry = environ; *entry; ++entry) {
    const std::string setting = *entry;
    if (!extra_environment.count(setting.substr(0, setting.find('=')))) settings.push_back(setting);
  }
  for (const auto& [name, value] : extra_environment) settings.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (auto& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);

  pid_t process = -1;
  const int failed =
      ::posix_spawnp(&process, words[0], &setup.streams, &setup.attributes, words.data(), environment.data());
  if (failed) throw Error("cannot start the program {}: {}.", arguments.at(0), std::strerror(failed));
  return process;
}

int exit_code_of_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace vits::base
