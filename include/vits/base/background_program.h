// A program that works beside this one. Its input stays open and empty while we live: when it ends, the program knows
// that we are done, also when we were killed and could not say so.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vits::base {

class BackgroundProgram {
 public:
  // What it prints goes into `log_file`, which is begun anew. Ctrl-C on the terminal reaches only us. Throws Error when
  // the program cannot be started.
  BackgroundProgram(const std::vector<std::string>& arguments, const std::filesystem::path& log_file);
  ~BackgroundProgram();  // ends it and what it has started, if it is still there
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  // How it ended: its exit code, 128 + signal when a signal ended it; nothing while it runs.
  std::optional<int> exit_code();

  // Ends its input and waits so long at most for it to end by itself.
  std::optional<int> finish(double seconds);

 private:
  int64_t process_ = -1;
  int input_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace vits::base
