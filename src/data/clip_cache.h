// The file `.cache/clips` of a training folder: what a ClipStore holds, in the form in which it is used, so that the
// next start maps it and is done.
//
// A header page, the arenas each on a page of its own, then the tables. The header says what all of it was made of (two
// keys) and hashes of every part, so that a file that is short, damaged or of other data is made anew.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vits/base/file_state.h"
#include "vits/base/files.h"
#include "vits/base/mapped_file.h"
#include "vits/base/mapped_output.h"
#include "vits/data/clip_store.h"

namespace vits::data {

struct CacheKeys {
  uint64_t sound = 0;    // what samples and mels depend on beside the files: rate and frames
  uint64_t content = 0;  // everything
};

struct ClipTables {
  std::vector<StoredClip> clips;
  std::vector<base::FileState> states;  // of the clips' files
  std::vector<Rejected> skipped;
};

struct ArenaBytes {
  std::span<char> samples, token_ids, mels;
};

struct ArenaHashes {
  uint64_t samples = 0, token_ids = 0, mels = 0;
};

std::filesystem::path cache_file(const std::filesystem::path& training_folder);

// One that is whole and undamaged.
class ClipCache {
 public:
  enum class Check {
    kAll,     // reads all of the file once, on several threads
    kTables,  // of a file that has just been written
  };
  // Nothing when there is no such file or something is wrong with it.
  static std::shared_ptr<const ClipCache> open(const std::filesystem::path& file, Check check, int threads,
                                               const StoreListener& listener = {});

  const CacheKeys& keys() const { return keys_; }
  const ClipTables& tables() const { return tables_; }
  const ArenaHashes& hashes() const { return hashes_; }
  bool has_mels() const { return !arenas_.mels.empty(); }
  const ArenaBytes& arenas() const { return arenas_; }  // to be read only

 private:
  explicit ClipCache(const std::filesystem::path& file) : mapped_(file) {}
  bool read(Check check, int threads, const StoreListener& listener);

  base::MappedFile mapped_;
  CacheKeys keys_;
  ClipTables tables_;
  ArenaHashes hashes_;
  ArenaBytes arenas_;
};

// Writes and commits the file from arenas in memory. False when `goes_on` said no, which is asked every 16 MB. Does not
// wait for the disk: the hashes tell what a power cut spared. Throws Error.
bool write_cache(base::AtomicFile& file, const CacheKeys& keys, const ClipTables& tables, const ArenaBytes& arenas,
                 const ArenaHashes& hashes, const std::function<bool()>& goes_on);

// A cache file whose arenas are filled in place, for clips that do not fit into memory.
class CacheInTheMaking {
 public:
  // Takes the room on the disk at once: throws Error when there is not enough.
  CacheInTheMaking(const std::filesystem::path& file, uint64_t samples_bytes, uint64_t token_ids_bytes,
                   uint64_t mels_bytes);

  const ArenaBytes& arenas() const { return arenas_; }
  void commit(const CacheKeys& keys, const ClipTables& tables, const ArenaHashes& hashes);  // ends the arenas

 private:
  base::MappedOutput file_;
  ArenaBytes arenas_;
};

}  // namespace vits::data
