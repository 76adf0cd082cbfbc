// The checkpoint folder of a run: who works in it, what was in it, and where to go on.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/base/lock_file.h"
#include "vits/checkpoint/run_state.h"
#include "vits/train/run_options.h"

namespace vits::train {

class RunFolder {
 public:
  // Makes the folder and holds it. Throws Error when another run holds it.
  explicit RunFolder(std::filesystem::path folder);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path best_model() const { return folder_ / "best_model"; }

  // Where to go on by --resume: none for a new run. What an earlier run left is then moved aside, to NAME.1 and so on
  // beside the folder. Throws Error when --resume is empty and an unfinished run is there, when it names something that
  // cannot be continued, and for a finished run that --resume auto finds.
  std::optional<std::filesystem::path> point_to_resume(const std::string& resume, std::vector<std::string>& notes);

 private:
  void move_aside(std::vector<std::string>& notes);

  std::filesystem::path folder_;
  std::unique_ptr<base::LockFile> lock_;
};

// The options that a run was made with, if its newest readable checkpoint says so; null otherwise. Touches nothing.
formats::Json options_of_run(const std::filesystem::path& checkpoint_dir, const std::string& resume);

// Throws Error when an option differs that the checkpoint's state hangs on; other differences become notes.
void compare_options(const formats::Json& then, const formats::Json& now, const std::string& checkpoint,
                     std::vector<std::string>& notes);

}  // namespace vits::train
