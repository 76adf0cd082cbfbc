// Weights & Biases beside a run: scripts/wandb_follow, a program of its own, reads metrics.jsonl as it grows and passes
// its lines to the wandb package. Whatever happens to it, the training does not notice.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "vits/base/background_program.h"

namespace vits::report {

// scripts/wandb_follow of the checkout that this program was built in, with what it is to follow; empty when the
// program stands elsewhere.
std::vector<std::string> wandb_command(const std::filesystem::path& folder, const std::string& project);

class WandbFollower {
 public:
  // Begins to follow the run in `folder`; it is heard of in `folder`/wandb.log. When that cannot be, it is said aloud
  // and the follower does nothing.
  WandbFollower(const std::filesystem::path& folder, const std::string& project);
  WandbFollower(const std::filesystem::path& folder, const std::vector<std::string>& command);
  // Waits up to a minute until the last lines are passed on; destroy it after the RunReport.
  ~WandbFollower();
  WandbFollower(const WandbFollower&) = delete;
  WandbFollower& operator=(const WandbFollower&) = delete;

  // Says it once when the follower has ended before its time. Costs a system call.
  void look();

 private:
  std::filesystem::path log_;
  std::unique_ptr<base::BackgroundProgram> program_;
};

}  // namespace vits::report
