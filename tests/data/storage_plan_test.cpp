// What fits where.
#include "storage_plan.h"

#include <gtest/gtest.h>

#include "vits/base/error.h"

namespace vits::data {
namespace {

constexpr uint64_t kGb = 1'000'000'000;
const StorageNeed kNeed{2600'000'000, 10'000'000, 800'000'000};

StoragePlan plan(uint64_t memory_gb, uint64_t disk_gb, const StoreOptions& options = {}) {
  return plan_storage(kNeed, {.free_memory = memory_gb * kGb, .free_disk = disk_gb * kGb, .old_cache = 0}, options);
}

std::string error_text(uint64_t memory_gb, uint64_t disk_gb, const StoreOptions& options = {}) {
  try {
    plan(memory_gb, disk_gb, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(StoragePlan, KeepsAllWhereThereIsRoom) {
  const StoragePlan all = plan(16, 100);
  EXPECT_TRUE(all.keeps_mels);
  EXPECT_FALSE(all.maps_file);
  EXPECT_TRUE(all.writes_cache);
  EXPECT_TRUE(all.notes.empty());
}

TEST(StoragePlan, GivesUpTheMelsFirstThenTheMemory) {
  const StoragePlan fewer = plan(6, 100);
  EXPECT_FALSE(fewer.keeps_mels);
  EXPECT_FALSE(fewer.maps_file);
  ASSERT_EQ(fewer.notes.size(), 1u);
  EXPECT_NE(fewer.notes[0].find("mel spectrograms (800.0 MB) are not kept"), std::string::npos) << fewer.notes[0];

  const StoragePlan mapped = plan(3, 4);  // the disk's room is not to spare, but needed
  EXPECT_FALSE(mapped.keeps_mels);
  EXPECT_TRUE(mapped.maps_file);
  EXPECT_TRUE(mapped.writes_cache);
  ASSERT_EQ(mapped.notes.size(), 2u);
  EXPECT_NE(mapped.notes[1].find("stay on the disk"), std::string::npos) << mapped.notes[1];
}

TEST(StoragePlan, SaysWhatIsMissingWhenNothingIsLeftToGiveUp) {
  EXPECT_NE(
      error_text(3, 2).find("the clips take 2.61 GB, more than 70 % of the 3.00 GB of memory that are free, and the "
                            "disk has only 2.00 GB free and should have 2.68 GB"),
      std::string::npos)
      << error_text(3, 2);
  EXPECT_NE(error_text(3, 100, {.data_cache = "false"}).find("--data_cache false forbids"), std::string::npos);
}

TEST(StoragePlan, MelsThatAreInsistedOnAndDoNotFitAreAnError) {
  EXPECT_TRUE(plan(6, 100, {.precompute_mels = "true"}).keeps_mels);
  EXPECT_NE(
      error_text(4, 100, {.precompute_mels = "true"}).find("the clips (2.61 GB) and their mel spectrograms (800.0 MB)"),
      std::string::npos);
  const StoragePlan without = plan(100, 100, {.precompute_mels = "false"});
  EXPECT_FALSE(without.keeps_mels);
  EXPECT_TRUE(without.notes.empty());
}

TEST(StoragePlan, TheCacheLeavesTheDiskRoomToSpareUnlessItIsAskedFor) {
  EXPECT_TRUE(plan(16, 11).writes_cache);
  const StoragePlan tight = plan(16, 8);
  EXPECT_FALSE(tight.writes_cache);
  ASSERT_EQ(tight.notes.size(), 1u);
  EXPECT_NE(tight.notes[0].find("the disk has 8.00 GB free and should have 10.23 GB"), std::string::npos)
      << tight.notes[0];
  EXPECT_NE(tight.notes[0].find("Insist with --data_cache true"), std::string::npos) << tight.notes[0];
  EXPECT_TRUE(plan(16, 8, {.data_cache = "true"}).writes_cache);
  const StoragePlan full = plan(16, 3, {.data_cache = "true"});
  EXPECT_FALSE(full.writes_cache);
  ASSERT_EQ(full.notes.size(), 1u);
  EXPECT_NE(full.notes[0].find("has 3.00 GB free and should have 3.48 GB"), std::string::npos) << full.notes[0];
  EXPECT_FALSE(plan(16, 100, {.data_cache = "false"}).writes_cache);
  // The old file takes the place of the new one, but only after it.
  const auto beside_old = [](uint64_t disk_gb) {
    return plan_storage(kNeed, {.free_memory = 16 * kGb, .free_disk = disk_gb * kGb, .old_cache = 7 * kGb}, {});
  };
  EXPECT_TRUE(beside_old(4).writes_cache);
  EXPECT_FALSE(beside_old(3).writes_cache);
}

}  // namespace
}  // namespace vits::data
