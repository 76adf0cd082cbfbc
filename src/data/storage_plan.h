// Where the clips are kept: what fits into the memory, and what is done about what does not.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vits/data/clip_store.h"

namespace vits::data {

struct StorageNeed {  // in bytes
  uint64_t samples = 0, token_ids = 0, mels = 0;
};

struct StorageRoom {  // in bytes
  uint64_t free_memory = 0;
  uint64_t free_disk = 0;
  uint64_t old_cache = 0;  // on the disk; given back once the new one is there
};

struct StoragePlan {
  bool keeps_mels = false;
  bool maps_file = false;  // instead of memory
  bool writes_cache = false;
  std::vector<std::string> notes;
};

// Throws Error with the figures when the clips fit nowhere, or the mels do not fit and were insisted on.
StoragePlan plan_storage(const StorageNeed& need, const StorageRoom& room, const StoreOptions& options);

// Whether precompute_mels "auto" keeps the mels.
bool mels_fit(const StorageNeed& need, uint64_t free_memory);

std::string bytes_text(uint64_t bytes);  // "312.5 MB"

}  // namespace vits::data
