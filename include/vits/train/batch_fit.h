// `--batch_size auto`: the most clips that one pass has room for, and the answer kept for the next run.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "vits/train/micro_batches.h"

namespace vits::train {

// The most clips, up to `most`, for which `fits` holds; at least 1, which is never asked for: a clip that does not fit
// alone is left out later, and no reason to begin with nothing. Asks for `first`, then for doubles or halves of it,
// then in between, some eight times in all. What fits is taken to fit in smaller number too.
int64_t most_that_fit(int64_t first, int64_t most, const std::function<bool(int64_t clips)>& fits);

// Clips at once and passes a step that make `effective` clips a step, or up to one a pass more, with passes as equal
// as they go: 11 that fit make 32 in 3 passes of 11, 20 make it in 2 of 16.
struct BatchPlan {
  int64_t batch_size = 1, accumulation_steps = 1;
};
BatchPlan plan_batches(int64_t clips_that_fit, int64_t effective);

struct FitAnswer {
  int64_t clips = 0;
  MicroBatches micro_batches;  // what a run found out later
};

// Answers by a text that names all they hang on, in a file that several programs may use: `batch_sizes.json` in
// `folder`. A file that cannot be read holds no answer, one that cannot be written takes none.
class FitCache {
 public:
  explicit FitCache(const std::filesystem::path& folder) : file_(folder / "batch_sizes.json") {}
  static std::filesystem::path usual_folder();  // vits-train/ in $XDG_CACHE_HOME or ~/.cache

  std::optional<FitAnswer> find(const std::string& key) const;
  void keep(const std::string& key, const FitAnswer& answer) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

}  // namespace vits::train
