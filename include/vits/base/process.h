// Other programs, started by their argument list and never through a shell.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vits::base {

struct Finished {
  int exit_code = 0;  // 128 + signal when a signal ended it
  std::string output, error_output;
};

// Runs a program to its end and collects what it printed. Throws Error when it cannot be started.
Finished run_program(const std::vector<std::string>& arguments, const std::string& input = {},
                     const std::map<std::string, std::string>& extra_environment = {});

// A program whose output is read while it runs; its input is empty. It is ended with the object.
class ProgramOutput {
 public:
  explicit ProgramOutput(const std::vector<std::string>& arguments);
  ~ProgramOutput();
  ProgramOutput(const ProgramOutput&) = delete;
  ProgramOutput& operator=(const ProgramOutput&) = delete;

  // Waits for the next bytes and gives how many came: 0 at the end.
  size_t read(std::span<char> bytes);
  // Waits for the program's own end, with what it said on its error output (of much only the beginning).
  Finished finish();

 private:
  int output_ = -1, error_ = -1;
  int64_t process_ = -1;
  std::string error_output_;
};

// A program kept open for a conversation by lines. It is ended with the object.
class Conversation {
 public:
  explicit Conversation(const std::vector<std::string>& arguments);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void write(const std::string& text);
  // One line without its end. Throws Error when the program has ended or stays silent for `timeout_seconds`.
  std::string read_line(double timeout_seconds = 30.0);

 private:
  std::string name_, pending_;
  int to_ = -1, from_ = -1;
  int64_t process_ = -1;
};

// The program's full path, found on PATH; empty when there is none.
std::filesystem::path find_program(const std::string& name);

}  // namespace vits::base
