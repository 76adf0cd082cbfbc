// The cache file, written while a run is at work that may end at any time.
#include "clip_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "vits/base/files.h"

namespace vits::data {
namespace {

namespace fs = std::filesystem;

TEST(ClipCache, OneThatIsGivenUpLeavesWhatStoodThere) {
  const base::TemporaryFolder folder;
  const fs::path file = folder.path() / "clips";
  std::string samples(40 << 20, 's'), token_ids(8, 't'), mels(160, 'm');
  const ArenaBytes arenas{samples, token_ids, mels};
  base::write_file(file, "what stood there");
  int allowed = 0;
  for (bool written = false; !written; ++allowed) {
    ASSERT_LT(allowed, 20);
    ASSERT_EQ(base::read_file(file), "what stood there") << allowed;
    int asked = 0;
    {
      base::AtomicFile out(file);
      written = write_cache(out, {1, 2}, {}, arenas, {}, [&] { return ++asked <= allowed; });
    }
    const auto entries = std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator());
    EXPECT_EQ(entries, 1) << "left behind after " << allowed;
  }
  EXPECT_GE(allowed, 8);  // three times for the samples
  const auto cache = ClipCache::open(file, ClipCache::Check::kTables, 1);
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(cache->keys().content, 2u);
  EXPECT_TRUE(std::equal(samples.begin(), samples.end(), cache->arenas().samples.begin()));
}

}  // namespace
}  // namespace vits::data
