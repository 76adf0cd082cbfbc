// What is known of every clip before its samples are read: its token ids, how long it is, and whether it can be trained
// on at all.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "vits/base/error.h"
#include "vits/base/file_state.h"
#include "vits/data/clip_store.h"
#include "wav_samples.h"

namespace vits::data {

struct SurveyedClip {
  StoredClip clip;  // without its places in the arenas
  base::FileState state;
  std::filesystem::path file;
  WavInfo wav;
  std::vector<int64_t> token_ids;
  int64_t cached = -1;    // its number in the cache file, if its sound stands there
  std::string complaint;  // why it is skipped; empty: it is taken
};

// All clips of the set, training ones first, with their files' states, on several threads; no file is opened.
std::vector<SurveyedClip> with_states(const TrainingSet& set, const StoreTarget& target, int threads);

// Fills in the rest; a clip whose `cached` is set has its length already. With max_samples only as many training clips
// stay as can be used, those whose ids have the least hashes, so that more of them include these, and the same share of
// the validation clips, at least one. Those that were passed over because they cannot be used stay too.
std::vector<SurveyedClip> survey(std::vector<SurveyedClip> clips, const text::Tokenizer& tokenizer,
                                 const StoreTarget& target, int64_t max_samples, int threads,
                                 const StoreListener& listener);

// The complaint about a clip whose file cannot be read.
std::string unreadable(const Error& error);

// Whether one of the clips with that complaint can be read now, or not for another reason: the reason may have been one
// of the moment (rights, a disk that was away), of which the file shows nothing.
bool reads_otherwise_now(const std::vector<Rejected>& skipped, int threads);

}  // namespace vits::data
