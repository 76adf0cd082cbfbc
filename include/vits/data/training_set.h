// The folder that training reads and `prepare` writes: wavs/<id>.wav and the two manifests of `id|text|speaker` lines,
// without quotation marks and without a header: metadata.csv to learn from, metadata_val.csv to judge by.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vits::data {

struct TrainingClip {
  std::string id, text, speaker;  // speaker may be empty
  bool validation = false;
  int64_t row = 0;  // in its manifest, from 1
};

struct TrainingSet {
  std::filesystem::path folder;
  std::vector<TrainingClip> clips;   // metadata.csv's, then metadata_val.csv's
  std::vector<std::string> defects;  // rows that could not be read, each as "file, row N: why"

  std::filesystem::path wav(const TrainingClip& clip) const;
  std::filesystem::path manifest(bool validation) const;
};

// metadata_val.csv may be missing; lines may have two fields or three. Throws Error when there is no metadata.csv, with
// what to do.
TrainingSet read_training_set(const std::filesystem::path& folder);

// Both manifests, each whole or not at all; an empty metadata_val.csv is not written and an old one removed.
void write_manifests(const TrainingSet& set);

// A text as a manifest can hold it: line ends, tabs, bars and control characters become blanks, runs of blanks one.
std::string manifest_text(const std::string& text);

}  // namespace vits::data
