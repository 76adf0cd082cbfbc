#include "vits/train/run_folder.h"

#include <algorithm>

#include "vits/base/error.h"
#include "vits/checkpoint/run_state.h"
#include "vits/report/figures.h"
#include "vits/train/run_places.h"

namespace vits::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLock = ".lock";
constexpr const char* kBestModel = "best_model";
// Of both the earlier run and the one that goes on from the middle of it.
constexpr const char* kShared[] = {"train.log", "metrics.jsonl"};

bool is_finished(const fs::path& checkpoint) { return checkpoint::read_run_facts(checkpoint).value("finished", false); }

bool is_of_a_run(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const char* known : {kBestModel, kShared[0], kShared[1], "options.json", "profile_trace.json"})
    if (name == known) return true;
  return name.starts_with("events.out.tfevents.") || name.starts_with("wandb")
         || (name.starts_with("checkpoint_") && name.ends_with(".pt"));
}

// The newest checkpoint last: a power cut on the way leaves the one that tells how far the run was.
std::vector<fs::path> left_by_runs(const fs::path& folder) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder))
    if (is_of_a_run(entry.path())) left.push_back(entry.path());
  const auto runs = checkpoint::saved_runs(folder, nullptr);
  if (!runs.empty())
    std::stable_partition(left.begin(), left.end(), [&](const fs::path& path) { return path != runs[0].path; });
  return left;
}

// The run's own checkpoints after that one, and its best voice when that is younger too.
std::vector<fs::path> left_after(const fs::path& folder, const fs::path& checkpoint) {
  const formats::Json facts = checkpoint::read_run_facts(checkpoint);
  const int64_t step = facts.value("step", int64_t{0});
  std::vector<fs::path> left;
  bool best_is_younger = false;
  for (const checkpoint::SavedRun& run : checkpoint::saved_runs(folder, nullptr)) {
    if (!run.is_ours || run.step <= step) continue;
    left.push_back(run.path);
    const formats::Json later = checkpoint::read_run_facts(run.path);
    best_is_younger |= later.contains("best") && later.at("best").value("step", int64_t{-1}) > step;
  }
  if (best_is_younger && fs::exists(folder / kBestModel)) left.push_back(folder / kBestModel);
  return left;
}

fs::path free_name(const fs::path& stem) {
  for (int number = 1;; ++number) {
    fs::path name = stem;
    name += "." + std::to_string(number);
    if (!fs::exists(name)) return name;
  }
}

// Beside the folder itself, wherever a link to it stands. A folder that is a disk of its own cannot give anything to
// the one above it by a new name: then inside.
fs::path folder_aside(const fs::path& folder, const fs::path& first) {
  const fs::path real = real_place(folder);
  std::error_code error;
  fs::path beside = free_name(real);
  if (real.has_filename() && fs::create_directory(beside, error)) {
    fs::rename(first, beside / first.filename(), error);
    if (!error) return beside;
    std::error_code ignored;
    fs::remove(beside, ignored);
  }
  fs::path inside = free_name(real / "earlier_run");
  fs::create_directory(inside);
  fs::rename(first, inside / first.filename());
  return inside;
}

fs::path move_aside(const fs::path& folder, const std::vector<fs::path>& left) {
  try {
    fs::path aside = folder_aside(folder, left.front());
    for (size_t i = 1; i < left.size(); ++i) fs::rename(left[i], aside / left[i].filename());
    return aside;
  } catch (const fs::filesystem_error& error) {
    throw Error(
        "what an earlier run left in {} cannot be moved aside: {}. Move it away, or name another folder with "
        "--checkpoint_dir.",
        folder.string(), error.code().message());
  }
}

}  // namespace

std::optional<fs::path> point_to_resume(const fs::path& folder, const std::string& resume,
                                        std::vector<std::string>& notes) {
  if (resume == "none") return {};
  if (!resume.empty() && resume != "auto") {
    if (fs::is_directory(resume))
      throw Error("--resume {} is a folder. Name a checkpoint in it, or say --resume auto --checkpoint_dir {}.", resume,
                  resume);
    if (!fs::is_regular_file(resume))
      throw Error("--resume {}: there is no such file. Say auto, none, or a checkpoint's path.", resume);
    return resume;
  }
  std::vector<std::string> damaged;
  auto newest = checkpoint::newest_whole_run(folder, [&](const fs::path& path, const std::string& why) {
    damaged.push_back(fmt::format("{} is damaged and passed over: {}", path.string(), why));
  });
  if (!newest) {
    if (!damaged.empty())
      throw Error("{} holds no whole checkpoint. {} Begin anew with --resume none, which moves them aside.",
                  folder.string(), damaged.front());
    if (resume == "auto")
      notes.push_back(fmt::format("{} holds no checkpoint to go on from: the run begins at step 0", folder.string()));
    return {};
  }
  if (resume == "auto") {
    notes.insert(notes.end(), damaged.begin(), damaged.end());
    if (is_finished(*newest))
      throw Error(
          "the run in {} is finished; there is nothing to resume. To train further, begin anew from its voice with "
          "--model_name and --resume none.",
          folder.string());
    return newest;
  }
  if (!is_finished(*newest))
    throw Error(
        "{} holds a run that is not finished (step {}). --resume auto goes on with it, --resume none begins anew and "
        "moves it aside.",
        folder.string(), report::thousands(checkpoint::read_run_facts(*newest).value("step", int64_t{0})));
  return {};
}

RunFolder::RunFolder(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw Error("{} cannot be made: {}. Name another with --checkpoint_dir.", folder_.string(), error.message());
  lock_ = std::make_unique<base::LockFile>(folder_ / kLock, [&] {
    throw Error("{} belongs to a run that is at work. Wait for it, or name another folder with --checkpoint_dir.",
                folder_.string());
  });
}

bool RunFolder::make_way(const std::optional<fs::path>& from, std::vector<std::string>& notes) const {
  const bool goes_on_here = from && fs::equivalent(fs::canonical(*from).parent_path(), folder_);
  const std::vector<fs::path> left = goes_on_here ? left_after(folder_, *from) : left_by_runs(folder_);
  if (left.empty()) return false;
  const bool with_best = std::find(left.begin(), left.end(), best_model()) != left.end();
  const fs::path aside = move_aside(folder_, left);
  if (goes_on_here)
    for (const char* name : kShared) {
      std::error_code ignored;
      fs::copy_file(folder_ / name, aside / name, ignored);
    }
  notes.push_back(fmt::format("{} in {} now stands in {}",
                              goes_on_here ? "what came after that checkpoint" : "what an earlier run left",
                              folder_.string(), aside.string()));
  return with_best;
}

}  // namespace vits::train
