// How every program of ours is started: its ends of the pipes, its signals, its environment.
#pragma once
#include <spawn.h>
#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace vits::base {

struct Pipe {
  int read_end = -1, write_end = -1;

  Pipe();
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  static void close_end(int& end);
  static int release(int& end);  // the caller closes it now
};

// What is done in the new process before the program begins.
struct ProgramSetup {
  posix_spawn_file_actions_t streams;
  posix_spawnattr_t attributes;

  ProgramSetup();
  ~ProgramSetup();
  ProgramSetup(const ProgramSetup&) = delete;
  ProgramSetup& operator=(const ProgramSetup&) = delete;

  void own_group();  // so that Ctrl-C on the terminal does not reach it
};

// Throws Error when the program cannot be started.
pid_t start_program(const std::vector<std::string>& arguments, const ProgramSetup& setup,
                    const std::map<std::string, std::string>& extra_environment = {});

int exit_code_of_status(int status);  // 128 + signal when a signal ended it

}  // namespace vits::base
