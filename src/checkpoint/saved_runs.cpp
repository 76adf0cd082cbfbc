#include <algorithm>
#include <limits>
#include <tuple>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/checkpoint/run_state.h"

namespace vits::checkpoint {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kBegin = "checkpoint_", kEnd = ".pt";

bool may_be_run(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code ignored;
  return name.starts_with(kBegin) && name.ends_with(kEnd) && entry.is_regular_file(ignored);
}

// checkpoint_WORD_NUMBER.pt, as training names them.
bool is_numbered(const fs::path& path) {
  const std::string stem = path.stem().string();
  const size_t digits = stem.find_last_not_of("0123456789") + 1;
  return digits < stem.size() && stem[digits - 1] == '_';
}

SavedRun saved_run(const fs::path& path) {
  const formats::Json facts = read_run_facts(path);
  SavedRun run;
  run.path = path;
  run.is_ours = is_numbered(path);
  const auto step = facts.find("step"), validation = facts.find("validation_mel");
  if (step == facts.end() || !step->is_number_integer()) throw Error("{}: its facts name no step.", path.string());
  run.step = step->get<int64_t>();
  if (validation != facts.end() && validation->is_number()) run.validation = validation->get<double>();
  return run;
}

}  // namespace

std::vector<SavedRun> saved_runs(const fs::path& folder, const DamageListener& damaged) {
  std::vector<SavedRun> runs;
  if (!fs::is_directory(folder)) return runs;
  base::remove_unfinished(folder);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!may_be_run(entry)) continue;
    try {
      runs.push_back(saved_run(entry.path()));
    } catch (const Error& error) {
      if (damaged) damaged(entry.path(), error.what());
    }
  }
  std::sort(runs.begin(), runs.end(),
            [](const SavedRun& a, const SavedRun& b) { return std::tie(b.step, b.path) < std::tie(a.step, a.path); });
  return runs;
}

std::optional<fs::path> newest_whole_run(const fs::path& folder, const DamageListener& damaged) {
  for (const auto& run : saved_runs(folder, damaged)) {
    if (!run.is_ours) continue;
    try {
      read_run_state(run.path);  // compares the checksum of every record
      return run.path;
    } catch (const Error& error) {
      if (damaged) damaged(run.path, error.what());
    }
  }
  return std::nullopt;
}

void remove_old_runs(const fs::path& folder, int64_t keep_last, int64_t keep_best) {
  std::vector<SavedRun> runs = saved_runs(folder, nullptr);
  std::erase_if(runs, [](const SavedRun& run) { return !run.is_ours; });
  const auto newest = std::clamp<int64_t>(keep_last, 1, static_cast<int64_t>(std::max<size_t>(runs.size(), 1)));
  runs.erase(runs.begin(), runs.begin() + std::min<int64_t>(newest, static_cast<int64_t>(runs.size())));
  std::stable_sort(runs.begin(), runs.end(), [](const SavedRun& a, const SavedRun& b) {
    constexpr double kUnknown = std::numeric_limits<double>::infinity();
    return a.validation.value_or(kUnknown) < b.validation.value_or(kUnknown);
  });
  int64_t kept = 0;
  for (const auto& run : runs) {
    if (run.validation && kept++ < keep_best) continue;
    std::error_code error;
    fs::remove(run.path, error);
    if (error) throw Error("cannot remove {}: {}.", run.path.string(), error.message());
  }
}

}  // namespace vits::checkpoint
