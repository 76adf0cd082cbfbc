#include "vits/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "vits/base/error.h"

extern char** environ;

namespace vits::base {

namespace {

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Error("cannot make a pipe: {}.", std::strerror(errno));
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  int release(int& end) {
    const int kept = end;
    end = -1;
    return kept;
  }
};

pid_t start(const std::vector<std::string>& arguments, const Pipe& in, const Pipe& out, const Pipe* error,
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

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
  if (error) posix_spawn_file_actions_adddup2(&actions, error->write_end, 2);
  pid_t process = -1;
  const int failed = ::posix_spawnp(&process, words[0], &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed) throw Error("cannot start the program {}: {}.", arguments.at(0), std::strerror(failed));
  return process;
}

// Writing to a program that has ended must be an error here, not the end of us.
void ignore_broken_pipes() {
  static const bool done = [] { return ::signal(SIGPIPE, SIG_IGN) != SIG_ERR; }();
  (void)done;
}

int exit_code_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments, const std::string& input,
                     const std::map<std::string, std::string>& extra_environment) {
  ignore_broken_pipes();
  Pipe in, out, error;
  const pid_t process = start(arguments, in, out, &error, extra_environment);
  Pipe::close_end(in.read_end);
  Pipe::close_end(out.write_end);
  Pipe::close_end(error.write_end);
  Finished finished;
  size_t written = 0;
  if (input.empty()) Pipe::close_end(in.write_end);
  while (out.read_end >= 0 || error.read_end >= 0) {
    pollfd waiting[3] = {{out.read_end, POLLIN, 0}, {error.read_end, POLLIN, 0}, {in.write_end, POLLOUT, 0}};
    if (::poll(waiting, 3, -1) < 0 && errno != EINTR) break;
    char block[1 << 16];
    const auto drain = [&](pollfd& ready, int& end, std::string& into) {
      if (!(ready.revents & (POLLIN | POLLHUP | POLLERR))) return;
      const ssize_t count = ::read(end, block, sizeof block);
      if (count > 0) into.append(block, static_cast<size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) Pipe::close_end(end);
    };
    drain(waiting[0], out.read_end, finished.output);
    drain(waiting[1], error.read_end, finished.error_output);
    if (in.write_end >= 0 && (waiting[2].revents & (POLLOUT | POLLERR | POLLHUP))) {
      const size_t most = std::min<size_t>(input.size() - written, 4096);  // what poll() promises not to block
      const ssize_t count = ::write(in.write_end, input.data() + written, most);
      if (count > 0) written += static_cast<size_t>(count);
      if ((count < 0 && errno != EINTR) || written == input.size()) Pipe::close_end(in.write_end);
    }
  }
  finished.exit_code = exit_code_of(process);
  return finished;
}

ProgramOutput::ProgramOutput(const std::vector<std::string>& arguments) {
  Pipe in, out, error;
  process_ = start(arguments, in, out, &error, {});
  output_ = out.release(out.read_end);
  error_ = error.release(error.read_end);
}

ProgramOutput::~ProgramOutput() {
  Pipe::close_end(output_);
  Pipe::close_end(error_);
  if (process_ > 0) {
    ::kill(static_cast<pid_t>(process_), SIGKILL);
    exit_code_of(static_cast<pid_t>(process_));
  }
}

size_t ProgramOutput::read(std::span<char> bytes) {
  constexpr size_t kMostErrorOutput = 1 << 16;
  while (output_ >= 0 || error_ >= 0) {
    pollfd waiting[2] = {{output_, POLLIN, 0}, {error_, POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0) {
      if (errno == EINTR) continue;
      throw Error("cannot wait for a program's output: {}.", std::strerror(errno));
    }
    if (waiting[1].revents) {
      char block[1 << 12];
      const ssize_t count = ::read(error_, block, sizeof block);
      if (count > 0)
        error_output_.append(block, std::min(static_cast<size_t>(count), kMostErrorOutput - error_output_.size()));
      if (count == 0 || (count < 0 && errno != EINTR)) Pipe::close_end(error_);
    }
    if (waiting[0].revents) {
      const ssize_t count = ::read(output_, bytes.data(), bytes.size());
      if (count > 0) return static_cast<size_t>(count);
      if (count == 0 || errno != EINTR) Pipe::close_end(output_);
    }
  }
  return 0;
}

Finished ProgramOutput::finish() {
  char block[1 << 12];
  while (read(block) > 0) {
  }
  Finished finished;
  finished.exit_code = exit_code_of(static_cast<pid_t>(process_));
  process_ = -1;
  finished.error_output = error_output_;
  return finished;
}

Conversation::Conversation(const std::vector<std::string>& arguments) : name_(arguments.at(0)) {
  ignore_broken_pipes();
  Pipe in, out;
  process_ = start(arguments, in, out, nullptr, {});
  to_ = in.release(in.write_end);
  from_ = out.release(out.read_end);
}

Conversation::~Conversation() {
  Pipe::close_end(to_);
  Pipe::close_end(from_);
  if (process_ > 0) {
    ::kill(static_cast<pid_t>(process_), SIGTERM);
    exit_code_of(static_cast<pid_t>(process_));
  }
}

void Conversation::write(const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(to_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error("the program {} has ended unexpectedly: {}.", name_, std::strerror(errno));
    written += static_cast<size_t>(count);
  }
}

std::string Conversation::read_line(double timeout_seconds) {
  for (;;) {
    const size_t end = pending_.find('\n');
    if (end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    pollfd waiting{from_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(timeout_seconds * 1000));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) throw Error("the program {} gave no answer within {} s.", name_, timeout_seconds);
    char block[1 << 12];
    const ssize_t count = ::read(from_, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw Error("the program {} has ended unexpectedly.", name_);
    pending_.append(block, static_cast<size_t>(count));
  }
}

std::filesystem::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto candidate = std::filesystem::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate)) return candidate;
  }
  return {};
}

}  // namespace vits::base
