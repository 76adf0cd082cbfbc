#include "vits/base/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "start_program.h"
#include "vits/base/error.h"

namespace vits::base {

namespace {

pid_t start(const std::vector<std::string>& arguments, const Pipe& in, const Pipe& out, const Pipe* error,
            const std::map<std::string, std::string>& extra_environment) {
  ProgramSetup setup;
  posix_spawn_file_actions_adddup2(&setup.streams, in.read_end, 0);
  posix_spawn_file_actions_adddup2(&setup.streams, out.write_end, 1);
  if (error) posix_spawn_file_actions_adddup2(&setup.streams, error->write_end, 2);
  return start_program(arguments, setup, extra_environment);
}

// Writing to a program that has ended must be an error here, not the end of us, whoever calls: our program has ignored
// the signal from its start, a test has not.
void ignore_broken_pipes() {
  static const bool done = [] { return ::signal(SIGPIPE, SIG_IGN) != SIG_ERR; }();
  (void)done;
}

int exit_code_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_code_of_status(status);
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
  output_ = Pipe::release(out.read_end);
  error_ = Pipe::release(error.read_end);
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
  to_ = Pipe::release(in.write_end);
  from_ = Pipe::release(out.read_end);
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
