// Makes the clips of a plan on several threads, and knows which need not be made.
#pragma once
#include <filesystem>
#include <vector>

#include "clip_plan.h"
#include "journal.h"

namespace vits::data {

struct ClipResult {
  JournalEntry entry;
  bool made = false;  // in this run; otherwise it was there
};

// One result for each clip of the plan. What is finished is in the journal when this returns or throws: Error when a
// file cannot be written, Stopped on a signal.
std::vector<ClipResult> make_clips(const ClipPlan& plan, const std::filesystem::path& out,
                                   const PrepareOptions& options, Journal& journal, const PrepareListener& listener);

}  // namespace vits::data
