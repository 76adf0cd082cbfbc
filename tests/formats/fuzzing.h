// Damage for files, thousands of times: each must be read, or end in one vits::Error of one line, with less than 100 MB
// allocated on the way. VITS_FUZZ_COUNT says how many of each format (500 otherwise); scripts/check runs 10,000 under
// sanitizers.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/mutator.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/utf8.h"

// What the program holds of memory taken by new; allocation_test.cpp counts it.
extern std::atomic<int64_t> allocated_bytes, most_allocated_bytes;
void count_allocation(int64_t bytes);

constexpr int64_t kMostAllocated = 100'000'000;

using Read = void (*)(const std::filesystem::path&);
using Damage = std::string (*)(const std::string&, vits::support::Mutator&);

inline std::string damage_bytes(const std::string& bytes, vits::support::Mutator& mutator) {
  return mutator.damage(bytes);
}

inline void fuzz_files(const std::vector<std::filesystem::path>& seeds, Damage damage, Read read) {
  vits::base::TemporaryFolder folder;
  const auto path = folder.path() / "damaged";
  int64_t most = 0, readable = 0;
  const int count = vits::support::fuzz_count();
  for (int i = 0; i < count; ++i) {
    vits::support::Mutator mutator(i);
    const auto& seed = seeds[i % seeds.size()];
    const std::string bytes = damage(vits::base::read_file(seed), mutator);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    const int64_t before = allocated_bytes;
    most_allocated_bytes = before;
    try {
      vits::formats::file_kind(path);
      read(path);
      ++readable;
    } catch (const vits::Error& error) {
      const std::string text = error.what();
      EXPECT_TRUE(vits::formats::is_utf8(text) && text.find('\n') == std::string::npos)
          << "mutation " << i << ": " << text;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "mutation " << i << " of " << seed << " ends in another exception: " << error.what();
    }
    most = std::max<int64_t>(most, most_allocated_bytes - before);
    ASSERT_LT(most, kMostAllocated) << "mutation " << i << " of " << seed;
  }
  std::printf("%d mutations, %ld still readable, at most %ld bytes allocated\n", count, readable, most);
  EXPECT_LT(readable, count);
}
