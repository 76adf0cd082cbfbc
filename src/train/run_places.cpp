#include "vits/train/run_places.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include "vits/base/error.h"

namespace vits::train {

namespace fs = std::filesystem;

namespace {

bool holds(const fs::path& folder, const fs::path& other) {
  return std::mismatch(folder.begin(), folder.end(), other.begin(), other.end()).first == folder.end();
}

// Of output_dir and the folder that is in its way; empty when none is.
std::optional<std::string> conflict(const PlaceOptions& places) {
  const fs::path output = real_place(places.output_dir), checkpoints = real_place(places.checkpoint_dir);
  const auto words = [](const char* how, const char* option, const std::string& value) {
    return fmt::format("{} --{} {}", how, option, value);
  };
  if (output == checkpoints) return words("is", "checkpoint_dir", places.checkpoint_dir);
  if (holds(output, checkpoints)) return words("holds", "checkpoint_dir", places.checkpoint_dir);
  if (holds(checkpoints, output)) return words("lies in", "checkpoint_dir", places.checkpoint_dir);
  const fs::path data = real_place(places.data_dir);
  if (output == data) return words("is", "data_dir", places.data_dir);
  if (holds(output, data)) return words("holds", "data_dir", places.data_dir);
  return {};
}

// A folder beside the checkpoints that is in nobody's way.
std::string place_for_the_voice(PlaceOptions places) {
  const fs::path beside = real_place(places.checkpoint_dir).parent_path();
  for (const char* name : {"final_model", "trained_voice", "voice_of_this_run"}) {
    places.output_dir = (beside / name).string();
    if (!conflict(places)) break;
  }
  return places.output_dir;
}

}  // namespace

fs::path real_place(const fs::path& named) {
  std::error_code error;
  const fs::path absolute = fs::absolute(named, error);
  fs::path place = fs::weakly_canonical(absolute, error);
  if (error) place = absolute.lexically_normal();
  return place.has_filename() ? place : place.parent_path();
}

void check_places(const PlaceOptions& places) {
  if (const auto what = conflict(places))
    throw UsageError(
        "--output_dir {} {}, but the finished voice takes the place of all that is in its folder, which must be one of "
        "its own. Say for example --output_dir {}.",
        places.output_dir, *what, place_for_the_voice(places));
}

}  // namespace vits::train
