#include "vits/train/batch_fit.h"

#include <algorithm>

#include "vits/base/user_folders.h"
#include "vits/formats/json.h"

namespace vits::train {

namespace fs = std::filesystem;

int64_t most_that_fit(int64_t first, int64_t most, const std::function<bool(int64_t)>& fits) {
  int64_t good = 1, bad = most + 1;
  for (int64_t next = std::clamp<int64_t>(first, 1, most); next > good && next < bad;) {
    if (fits(next)) {
      good = next;
      next = bad > most ? std::min(2 * next, most) : bad;  // a number that failed ends the doubling
    } else {
      bad = next;
      next /= 2;
    }
  }
  while (bad - good > 1) {
    const int64_t middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

BatchPlan plan_batches(int64_t clips_that_fit, int64_t effective) {
  const int64_t at_once = std::clamp<int64_t>(clips_that_fit, 1, effective);
  const int64_t passes = (effective + at_once - 1) / at_once;
  return {.batch_size = (effective + passes - 1) / passes, .accumulation_steps = passes};
}

fs::path FitCache::usual_folder() { return base::cache_folder() / "vits-train"; }

namespace {

// Broken or absent: as if it were empty.
formats::Json entries_in(const fs::path& file) {
  try {
    if (fs::exists(file))
      if (auto entries = formats::read_json(file); entries.is_object()) return entries;
  } catch (const std::exception&) {
  }
  return formats::Json::object();
}

}  // namespace

std::optional<FitAnswer> FitCache::find(const std::string& key) const {
  try {
    const formats::Json entry = entries_in(file_).at(key);
    FitAnswer answer{.clips = entry.at("clips"), .micro_batches = entry.at("micro_batches").get<MicroBatches>()};
    if (answer.clips > 0) return answer;
  } catch (const std::exception&) {
  }
  return std::nullopt;
}

void FitCache::keep(const std::string& key, const FitAnswer& answer) const {
  try {
    fs::create_directories(file_.parent_path());
    formats::Json entries = entries_in(file_);
    entries[key] = {{"clips", answer.clips}, {"micro_batches", answer.micro_batches}};
    formats::write_json(file_, entries);
  } catch (const std::exception&) {
  }
}

}  // namespace vits::train
