// What a run of `prepare` has to do: the clips of all sources in their order, and the recordings that they are cut
// from.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "vits/data/clip.h"
#include "vits/data/prepare.h"

namespace vits::data {

struct PlannedSource {
  std::string name, layout;
  std::filesystem::path path;
  std::vector<std::filesystem::path> files;  // manifests and tables
  size_t first_clip = 0, clips = 0;          // in ClipPlan::clips
  int64_t listed = 0;                        // before max_samples and the limits of the text
};

struct Recording {
  std::string name;  // for messages
  std::vector<size_t> clips;
};

struct ClipPlan {
  std::vector<PlannedSource> sources;
  std::vector<Clip> clips;            // ids are unique and safe, texts as a manifest holds them
  std::vector<Rejected> rejected;     // before any sound was heard
  std::vector<Recording> recordings;  // in the order of their first clips
};

ClipPlan plan_clips(const std::vector<PrepareSource>& sources, const PrepareOptions& options,
                    const PrepareListener& listener);

// Where a rejected clip is to be looked for: its manifest's row, or its recording.
Rejected rejection_of(const Clip& clip, std::string reason);

}  // namespace vits::data
