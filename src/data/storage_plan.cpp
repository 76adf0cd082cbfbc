#include "storage_plan.h"

#include <algorithm>

#include "vits/base/error.h"

namespace vits::data {

namespace {

// Training itself needs memory too, and how much is not known here: the mels, which only save some arithmetic, leave it
// half of what is free, and the clips, without which nothing goes, three tenths.
constexpr double kMostWithMels = 0.5, kMost = 0.7;

// A cache that was not asked for leaves the disk twice its size; one that was asked for, or is needed, some room to
// write checkpoints.
constexpr uint64_t kDiskToSpare = 3;
constexpr uint64_t kLeastFreeDisk = 64ull << 20;

bool is_within(uint64_t bytes, double share, uint64_t free) {
  return static_cast<double>(bytes) <= share * static_cast<double>(free);
}

}  // namespace

std::string bytes_text(uint64_t bytes) {
  const double number = static_cast<double>(bytes);
  return number < 999.95e6 ? fmt::format("{:.1f} MB", number / 1e6) : fmt::format("{:.2f} GB", number / 1e9);
}

bool mels_fit(const StorageNeed& need, uint64_t free_memory) {
  return is_within(need.samples + need.token_ids + need.mels, kMostWithMels, free_memory);
}

StoragePlan plan_storage(const StorageNeed& need, const StorageRoom& room, const StoreOptions& options) {
  StoragePlan plan;
  const uint64_t clips = need.samples + need.token_ids;
  const std::string free_memory = bytes_text(room.free_memory);
  if (options.precompute_mels == "true") {
    if (!is_within(clips + need.mels, kMost, room.free_memory))
      throw Error(
          "--precompute_mels true: the clips ({}) and their mel spectrograms ({}) do not fit into {:.0f} % of the {} "
          "of "
          "memory that are free; the rest is needed to train. Leave the option at auto, or take fewer clips with "
          "--max_samples.",
          bytes_text(clips), bytes_text(need.mels), 100.0 * kMost, free_memory);
    plan.keeps_mels = true;
  } else if (options.precompute_mels == "auto") {
    plan.keeps_mels = mels_fit(need, room.free_memory);
    if (!plan.keeps_mels)
      plan.notes.push_back(fmt::format(
          "The mel spectrograms ({}) are not kept: with the clips ({}) they would take more than half of the "
          "{} of memory that are free. They are made anew for every batch.",
          bytes_text(need.mels), bytes_text(clips), free_memory));
  }

  const uint64_t file = clips + (plan.keeps_mels ? need.mels : 0);
  const uint64_t least_disk = file + kLeastFreeDisk;
  const bool has_disk = least_disk <= room.free_disk;
  if (!is_within(clips, kMost, room.free_memory)) {
    if (options.data_cache == "false" || !has_disk)
      throw Error(
          "the clips take {}, more than {:.0f} % of the {} of memory that are free, and {}. Take fewer clips with "
          "--max_samples, or make room.",
          bytes_text(clips), 100.0 * kMost, free_memory,
          options.data_cache == "false"
              ? std::string("--data_cache false forbids to keep them on the disk")
              : fmt::format("the disk has only {} free and should have {}, some of it to write checkpoints",
                            bytes_text(room.free_disk), bytes_text(least_disk)));
    plan.notes.push_back(fmt::format(
        "The clips ({}) stay on the disk and are read from there: they would take more than {:.0f} % of the {} "
        "of memory that are free.",
        bytes_text(clips), 100.0 * kMost, free_memory));
    plan.maps_file = plan.writes_cache = true;
    return plan;
  }
  if (options.data_cache == "false") return plan;
  const uint64_t to_spare = kDiskToSpare * file - std::min(kDiskToSpare * file, room.old_cache);
  const uint64_t wanted = options.data_cache == "auto" ? std::max(least_disk, to_spare) : least_disk;
  plan.writes_cache = wanted <= room.free_disk;
  if (!plan.writes_cache)
    plan.notes.push_back(fmt::format(
        "What was decoded ({}) is not kept for the next start: the disk has {} free and should have {}, so that there "
        "is room to spare.{}",
        bytes_text(file), bytes_text(room.free_disk), bytes_text(wanted),
        options.data_cache == "auto" && has_disk ? " Insist with --data_cache true." : ""));
  return plan;
}

}  // namespace vits::data
