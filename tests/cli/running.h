// The program at work in the background, so that a test can send signals to it.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "vits/base/files.h"

namespace vits::cli_tests {

namespace fs = std::filesystem;

class Running {
 public:
  // What it prints, to both outputs, is appended to `log`.
  Running(const std::vector<std::string>& words, fs::path log) : log_(std::move(log)) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ != 0) return;
    const int output = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    for (const int number : {SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(number, SIG_DFL);  // whatever the tests run under
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~Running() {
    if (ended()) return;
    send(SIGKILL);
    exit_code();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void send(int signal) const { ::kill(process_, signal); }

  bool ended() {
    if (status_ < 0 && ::waitpid(process_, &status_, WNOHANG) != process_) status_ = -1;
    return status_ >= 0;
  }

  // Waits for it; 128 + signal when one ended it.
  int exit_code() {
    if (!ended()) ::waitpid(process_, &status_, 0);
    return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  }

  // False when the program ends or the seconds pass before `there` holds.
  bool wait_until(const std::function<bool()>& there, double seconds = 60.0) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!there()) {
      if (ended() || std::chrono::steady_clock::now() > end) return false;
      ::usleep(200);
    }
    return true;
  }

  bool wait_until_it_says(const std::string& words) {
    return wait_until([&] { return printed().find(words) != std::string::npos; });
  }

  std::string printed() const { return fs::exists(log_) ? base::read_file(log_) : std::string(); }

 private:
  fs::path log_;
  pid_t process_ = -1;
  int status_ = -1;
};

}  // namespace vits::cli_tests
