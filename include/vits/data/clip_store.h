// Every clip of a training folder in memory, ready to be made into batches: one arena of 16-bit samples, one of token
// ids and, when wanted, one of mel spectrograms in half precision. With a card the arenas are pinned, so that batches
// travel to it beside the computation.
//
// Before anything is allocated the need is computed from the files' headers and held against the memory that is free.
// What does not fit falls back, aloud: first no mels, then the cache file on the disk, mapped instead of read. The
// same file (`.cache` in the training folder) makes the next start quick. It is keyed by how the clips' files look
// (base/file_state.h), and those that could not be read are tried anew at every start.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/data/rejected.h"
#include "vits/data/training_set.h"
#include "vits/text/tokenizer.h"

namespace vits::data {

struct StoreOptions {
  int64_t max_samples = 0;
  std::string precompute_mels = "auto";
  std::string data_cache = "auto";

  template <class Visitor>
  void visit(Visitor&& field) {
    field("max_samples", max_samples, base::at_least(0),
          "Train on this many clips only, the same ones every time; 0: on all.");
    field("precompute_mels", precompute_mels, base::one_of({"auto", "true", "false"}),
          "Keep the mel spectrograms of the recordings in memory; auto: where they fit.");
    field(
        "data_cache", data_cache, base::one_of({"auto", "true", "false"}),
        "Keep what was decoded in data_dir/.cache, so that the next start takes seconds; auto: where the disk has room "
        "to spare.");
  }
};

// What the voice makes of sound and text.
struct StoreTarget {
  int64_t sample_rate_hz = 16000;
  int64_t fft_samples = 1024;
  int64_t hop_samples = 256;          // samples a frame
  int64_t segment_frames = 32;        // of a slice: shorter clips cannot be trained on
  std::vector<std::string> speakers;  // names by id; empty: a voice without speakers, and the clips' names are ignored
  bool pinned = false;                // for a card
  int threads = 0;                    // 0: one a processor
  uint64_t free_memory_bytes = 0;     // to plan with; 0: what this machine has
};

struct StoredClip {
  std::string id, text;
  bool validation = false;
  int64_t row = 0;  // of its manifest, from 1
  int64_t speaker_id = 0;
  int64_t first_sample = 0, samples = 0;  // in samples(); all of the file, also what is left behind the last frame
  int64_t frames = 0;                     // samples / hop_samples
  int64_t first_token = 0, tokens = 0;    // in token_ids()
  int64_t first_frame = 0;                // of its mel in mels(), which is [frames, M] for each clip
};

// Called by one thread at a time: "decoding", "clips", 400 of 1,000.
using StoreListener = std::function<void(const char* work, const char* noun, int64_t done, int64_t total)>;

class ClipStore {
 public:
  // Clips that cannot be read, are of another rate, are shorter than a slice, have fewer frames than tokens, hold
  // characters that the vocabulary lacks and a listener would miss, or name a speaker that `target` does not, are
  // skipped and listed in skipped() and in `data_dir/skipped.csv` (id,file,row,reason). Throws Error when no training
  // clip is left, with the commonest reason, and Stopped on a signal.
  ClipStore(const TrainingSet& set, const text::Tokenizer& tokenizer, const StoreTarget& target,
            const StoreOptions& options, const StoreListener& listener = {});
  ~ClipStore();  // waits for the cache file, which a thread writes
  ClipStore(const ClipStore&) = delete;
  ClipStore& operator=(const ClipStore&) = delete;

  const StoreTarget& target() const;
  const std::vector<StoredClip>& clips() const;  // the training clips in the order of the manifest, then the others
  std::vector<int64_t> training() const;         // numbers of clips
  std::vector<int64_t> validation() const;

  const at::Tensor& samples() const;    // [all samples] int16
  const at::Tensor& token_ids() const;  // [all tokens] int32
  const at::Tensor& mels() const;       // [all frames, M] half; undefined when not kept

  const std::vector<Rejected>& skipped() const;
  double training_seconds() const;  // of sound
  uint64_t bytes() const;           // of the arenas
  const std::string& how() const;   // "312.5 MB of samples and 41.0 MB of mels in memory, decoded in 3.1 s"
  // What was not as asked for and has not been taken yet: sentences for the person. To be called more than once: the
  // thread that writes the cache file adds to them. Safe to call from several threads.
  std::vector<std::string> take_notes();
  // A cache file that is not finished is not made: for a program that ends. True when that was so.
  bool give_up_cache();
  // 16 hexadecimal digits: of all ids, token ids, speakers and samples; and of what a loss on the validation clips
  // depends on, whatever there is to train on.
  const std::string& fingerprint() const;
  const std::string& validation_fingerprint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vits::data
