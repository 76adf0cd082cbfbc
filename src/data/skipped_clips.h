// The clips that training leaves out: the list that a person finds in `skipped.csv`.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "vits/data/clip_store.h"

namespace vits::data {

// A defect of a manifest, "FILE, row N: why" as TrainingSet has it.
Rejected skipped_row(const TrainingSet& set, const std::string& defect);

// skipped.csv (id,file,row,reason) in the training folder; an old one is removed when nothing is skipped. Throws Error.
void write_skipped_list(const std::filesystem::path& folder, const std::vector<Rejected>& skipped);

// Throws the Error that says why no clip is left.
[[noreturn]] void throw_nothing_left(const TrainingSet& set, const std::vector<Rejected>& skipped);

}  // namespace vits::data
