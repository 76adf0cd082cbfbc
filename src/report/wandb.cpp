#include "vits/report/wandb.h"

#include <fmt/format.h>

#include <exception>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/report/log.h"

namespace vits::report {

namespace fs = std::filesystem;

namespace {

constexpr double kFinishSeconds = 2.0;
constexpr double kSecondsToFinish = 60.0;

// The last line that says something: Python's errors say there what is wrong.
std::string last_line(const fs::path& log) {
  std::string text;
  try {
    text = base::read_file(log);
  } catch (const std::exception&) {
    return "";
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

std::vector<std::string> wandb_command(const fs::path& folder, const std::string& project) {
  std::error_code unknown;
  for (fs::path above = base::program_path().parent_path(); !above.empty(); above = above.parent_path()) {
    const fs::path script = above / "scripts" / "wandb_follow";
    if (fs::exists(script, unknown)) return {script.string(), folder.string(), "--project", project};
    if (above == above.parent_path()) break;
  }
  return {};
}

WandbFollower::WandbFollower(const fs::path& folder, const std::string& project)
    : WandbFollower(folder, wandb_command(folder, project)) {}

WandbFollower::WandbFollower(const fs::path& folder, const std::vector<std::string>& command)
    : log_(folder / "wandb.log") {
  try {
    if (command.empty())
      throw Error("there is no scripts/wandb_follow above the program. Start the vits-train of the checkout.");
    fs::create_directories(log_.parent_path());
    program_ = std::make_unique<base::BackgroundProgram>(command, log_);
  } catch (const std::exception& failure) {
    report::warn("wandb", "Weights & Biases gets nothing of this run: {}", failure.what());
  }
}

WandbFollower::~WandbFollower() {
  if (!program_) return;
  look();
  if (!program_) return;
  auto exit_code = program_->finish(kFinishSeconds);
  if (!exit_code) {
    report::info("wandb", "passing the last figures on to Weights & Biases");
    exit_code = program_->finish(kSecondsToFinish);
  }
  if (!exit_code)
    report::warn("wandb",
                 "the last lines were not passed on within {} s. See {}, and run this when the network is there: "
                 "scripts/wandb_follow {} </dev/null",
                 kSecondsToFinish, log_.string(), log_.parent_path().string());
  else
    look();
}

void WandbFollower::look() {
  if (!program_) return;
  const auto exit_code = program_->exit_code();
  if (!exit_code) return;
  program_.reset();
  if (*exit_code != 0)
    report::warn("wandb",
                 "Weights & Biases gets nothing more of this run; what passes it on has ended with code {}: {} "
                 "The whole log is {}.",
                 *exit_code, last_line(log_), log_.string());
}

}  // namespace vits::report
