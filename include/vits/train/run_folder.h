// The checkpoint folder of a run: who works in it, what was in it, and where to go on.
//
// Nothing in it is moved before the run that takes its place has loaded all it needs: a new run may begin from a voice
// that stands there, and one that cannot begin must leave everything as it was. What others put there stays.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/base/lock_file.h"

namespace vits::train {

// Where to go on by --resume: none for a new run. Throws Error when `resume` is empty and an unfinished run is there,
// when it names something that cannot be continued, when all that --resume auto finds is damaged, and for a finished
// run that it finds. Changes nothing.
std::optional<std::filesystem::path> point_to_resume(const std::filesystem::path& folder, const std::string& resume,
                                                     std::vector<std::string>& notes);

class RunFolder {
 public:
  // Makes the folder and holds it. Throws Error when another run holds it.
  explicit RunFolder(std::filesystem::path folder);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path best_model() const { return folder_ / "best_model"; }

  // Called when the run is about to write its first file. What another run left here is moved aside, to NAME.1 and so
  // on beside the folder (or inside, where the folder is a disk of its own); of a run that goes on `from` one of its
  // earlier checkpoints, what came after that. True when best_model is moved with it.
  bool make_way(const std::optional<std::filesystem::path>& from, std::vector<std::string>& notes) const;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<base::LockFile> lock_;
};

}  // namespace vits::train
