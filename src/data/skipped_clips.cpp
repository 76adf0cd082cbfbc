#include "skipped_clips.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::data {

Rejected skipped_row(const TrainingSet& set, const std::string& defect) {
  for (const bool validation : {false, true}) {
    const std::string begin = set.manifest(validation).string() + ", row ";
    const size_t colon = defect.find(": ", begin.size());
    if (!defect.starts_with(begin) || colon == std::string::npos) continue;
    return {.id = "",
            .file = set.manifest(validation).string(),
            .row = std::strtoll(defect.c_str() + begin.size(), nullptr, 10),
            .reason = "manifest: " + defect.substr(colon + 2)};
  }
  return {.id = "", .file = "", .row = 0, .reason = "manifest: " + defect};
}

void write_skipped_list(const std::filesystem::path& folder, const std::vector<Rejected>& skipped) {
  const std::filesystem::path file = folder / "skipped.csv";
  if (skipped.empty()) {
    std::error_code error;
    // A folder that cannot be written refuses to remove even what is not there.
    if (std::filesystem::exists(file, error)) std::filesystem::remove(file, error);
    if (error)
      throw Error("cannot remove {}, which lists what an earlier run skipped: {}.", file.string(), error.message());
    return;
  }
  base::write_file(file, rejected_csv(skipped));
}

void throw_nothing_left(const TrainingSet& set, const std::vector<Rejected>& skipped) {
  if (skipped.empty())
    throw Error("{} names no clip. Make the folder anew with `vits-train prepare`.", set.manifest(false).string());
  std::map<std::string, std::pair<int64_t, const Rejected*>> kinds;
  for (const Rejected& clip : skipped) {
    auto& [count, first] = kinds[clip.reason.substr(0, clip.reason.find(':'))];
    if (count++ == 0) first = &clip;
  }
  const auto commonest = std::max_element(kinds.begin(), kinds.end(),
                                          [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
  const Rejected& example = *commonest->second.second;
  throw Error(
      "{}: no clip is left to train on. Of {} that were skipped, {} for one reason; the first, {}: {} All are in {}.",
      set.folder.string(), skipped.size(), commonest->second.first,
      example.id.empty() ? fmt::format("row {}", example.row) : example.id, example.reason,
      (set.folder / "skipped.csv").string());
}

}  // namespace vits::data
