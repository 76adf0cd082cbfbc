#include "vits/train/run_folder.h"

#include <set>

#include "vits/base/error.h"
#include "vits/report/figures.h"

namespace vits::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLock = ".lock";

// What a saved state hangs on: with another value the weights do not fit, or the place in the data means another place.
const std::set<std::string>& bound_options() {
  static const std::set<std::string> names{
      "model_name",  "seed",     "batch_size",   "batch_seconds", "length_buckets", "gradient_accumulation_steps",
      "max_samples", "freeze",   "reinitialize", "speakers",      "add_symbols",    "adversarial",
      "ema",         "schedule", "warmup_steps"};
  return names;
}

bool is_finished(const fs::path& checkpoint) { return checkpoint::read_run_facts(checkpoint).value("finished", false); }

fs::path free_name_beside(const fs::path& folder) {
  for (int number = 1;; ++number) {
    fs::path name = folder;
    name += "." + std::to_string(number);
    if (!fs::exists(name)) return name;
  }
}

checkpoint::DamageListener telling(std::vector<std::string>& notes) {
  return [&](const fs::path& path, const std::string& why) {
    notes.push_back(fmt::format("{} is damaged and passed over: {}", path.string(), why));
  };
}

}  // namespace

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

std::optional<fs::path> RunFolder::point_to_resume(const std::string& resume, std::vector<std::string>& notes) {
  const auto whole = [&] { return checkpoint::newest_whole_run(folder_, telling(notes)); };
  if (resume == "none") {
    move_aside(notes);
    return {};
  }
  if (resume == "auto") {
    auto newest = whole();
    if (!newest) {
      move_aside(notes);
    } else if (is_finished(*newest)) {
      throw Error(
          "the run in {} is finished; there is nothing to resume. To train further, begin anew from its voice with "
          "--model_name and --resume none.",
          folder_.string());
    }
    return newest;
  }
  if (!resume.empty()) {
    if (!fs::is_regular_file(resume))
      throw Error("--resume {}: there is no such file. Say auto, none, or a checkpoint's path.", resume);
    return resume;
  }
  const auto newest = whole();
  if (newest && !is_finished(*newest))
    throw Error(
        "{} holds a run that is not finished (step {}). --resume auto goes on with it, --resume none begins anew and "
        "moves it aside.",
        folder_.string(), report::thousands(checkpoint::read_run_facts(*newest).value("step", int64_t{0})));
  move_aside(notes);
  return {};
}

void RunFolder::move_aside(std::vector<std::string>& notes) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().filename() != kLock) left.push_back(entry.path());
  if (left.empty()) return;
  const fs::path aside = free_name_beside(fs::absolute(folder_).lexically_normal());
  fs::create_directory(aside);
  for (const fs::path& path : left) fs::rename(path, aside / path.filename());
  notes.push_back(fmt::format("what an earlier run left in {} now stands in {}", folder_.string(), aside.string()));
}

formats::Json options_of_run(const fs::path& checkpoint_dir, const std::string& resume) {
  std::error_code error;
  fs::path newest;
  if (resume == "auto" && fs::is_directory(checkpoint_dir, error)) {
    const auto runs = checkpoint::saved_runs(checkpoint_dir, [](const fs::path&, const std::string&) {});
    if (!runs.empty()) newest = runs.front().path;
  } else if (!resume.empty() && fs::is_regular_file(resume, error)) {
    newest = resume;
  }
  if (newest.empty()) return nullptr;
  const formats::Json facts = checkpoint::read_run_facts(newest);
  return facts.contains("options") ? facts.at("options") : formats::Json();
}

void compare_options(const formats::Json& then, const formats::Json& now, const std::string& checkpoint,
                     std::vector<std::string>& notes) {
  for (const auto& [name, value] : now.items()) {
    if (!then.contains(name) || then.at(name) == value || name == "resume") continue;
    if (bound_options().contains(name))
      throw Error(
          "{} was trained with {} {}, this run says {}. Resume with the former, or begin anew with --resume none.",
          checkpoint, name, then.at(name).dump(), value.dump());
    notes.push_back(fmt::format("{} was {} and is {} from here on", name, then.at(name).dump(), value.dump()));
  }
}

}  // namespace vits::train
