#include "vits/train/batch_fit.h"

#include <gtest/gtest.h>

#include "vits/base/files.h"

namespace vits::train {
namespace {

TEST(BatchFit, FindsTheLargestThatFitsFromWhereverItBegins) {
  for (const int64_t most : {1, 2, 7, 32, 33, 100})
    for (int64_t room = 1; room <= most; ++room)
      for (const int64_t first : {1, 3, 8, 64}) {
        int asked = 0;
        const auto found = most_that_fit(first, most, [&](int64_t clips) {
          EXPECT_GT(clips, 1);
          EXPECT_LE(clips, most);
          ++asked;
          return clips <= room;
        });
        EXPECT_EQ(found, room) << "of " << most << " from " << first;
        EXPECT_LE(asked, 13);
      }
}

TEST(BatchFit, WithoutRoomForTwoIsOne) {
  EXPECT_EQ(most_that_fit(8, 32, [](int64_t) { return false; }), 1);
}

TEST(BatchFit, BeginsWithTheFirstTryAndDoubles) {
  std::vector<int64_t> asked;
  most_that_fit(8, 32, [&](int64_t clips) {
    asked.push_back(clips);
    return clips <= 20;
  });
  EXPECT_EQ(asked, (std::vector<int64_t>{8, 16, 32, 24, 20, 22, 21}));
}

TEST(BatchFit, PlansEqualPassesThatReachTheEffectiveSize) {
  const auto plan = [](int64_t fits, int64_t effective) {
    const BatchPlan made = plan_batches(fits, effective);
    return std::pair(made.batch_size, made.accumulation_steps);
  };
  EXPECT_EQ(plan(8, 32), std::pair(int64_t{8}, int64_t{4}));
  EXPECT_EQ(plan(20, 32), std::pair(int64_t{16}, int64_t{2}));
  EXPECT_EQ(plan(11, 32), std::pair(int64_t{11}, int64_t{3}));
  EXPECT_EQ(plan(100, 32), std::pair(int64_t{32}, int64_t{1}));
  EXPECT_EQ(plan(0, 3), std::pair(int64_t{1}, int64_t{3}));
}

TEST(FitCache, KeepsAnswersByWhatTheyHangOn) {
  const base::TemporaryFolder folder;
  const FitCache cache(folder.path() / "not yet there");
  EXPECT_FALSE(cache.find("card A"));
  MicroBatches micro;
  micro.halve(16, 700);
  cache.keep("card A", {.clips = 16, .micro_batches = micro});
  cache.keep("card B", {.clips = 4, .micro_batches = {}});
  ASSERT_TRUE(cache.find("card A"));
  EXPECT_EQ(cache.find("card A")->clips, 16);
  EXPECT_EQ(cache.find("card A")->micro_batches, micro);
  EXPECT_EQ(cache.find("card B")->clips, 4);
  EXPECT_FALSE(cache.find("card C"));
}

TEST(FitCache, ThatIsBrokenHoldsNoAnswerAndTakesANewOne) {
  const base::TemporaryFolder folder;
  const FitCache cache(folder.path());
  for (const char* text : {"{", "[]", R"({"card": 5})", R"({"card": {"clips": -3, "micro_batches": []}})",
                           R"({"card": {"clips": 3, "micro_batches": [{"frames": "x"}]}})"}) {
    base::write_file(cache.file(), text);
    EXPECT_FALSE(cache.find("card")) << text;
  }
  cache.keep("card", {.clips = 3, .micro_batches = {}});
  EXPECT_EQ(cache.find("card")->clips, 3);
}

TEST(MicroBatches, HoldForALengthBucketAndAbove) {
  MicroBatches micro;
  EXPECT_EQ(micro.parts(8, 500), 1);
  EXPECT_EQ(micro.halve(8, 500), 4);
  EXPECT_EQ(micro.parts(8, 500), 2);
  EXPECT_EQ(micro.parts(8, 2000), 2);
  EXPECT_EQ(micro.parts(8, MicroBatches::bucket(500)), 2);
  EXPECT_EQ(micro.parts(8, MicroBatches::bucket(500) - 1), 1);
  EXPECT_EQ(micro.parts(3, 500), 1);
  // A longer bucket may need less still, a shorter one may fail later.
  EXPECT_EQ(micro.halve(8, 900), 2);
  EXPECT_EQ(micro.parts(8, 900), 4);
  EXPECT_EQ(micro.parts(8, 500), 2);
  EXPECT_EQ(micro.halve(8, 100), 4);
  EXPECT_EQ(micro.parts(8, 200), 2);
  EXPECT_EQ(micro.parts(8, 900), 4);
}

TEST(MicroBatches, CannotHalveASingleClip) {
  MicroBatches micro;
  EXPECT_EQ(micro.halve(7, 100), 3);
  EXPECT_EQ(micro.halve(7, 100), 1);
  EXPECT_EQ(micro.parts(7, 100), 7);
  EXPECT_EQ(micro.halve(7, 100), 0);
  EXPECT_EQ(micro.parts(7, 100), 7);
  EXPECT_EQ(micro.parts(0, 100), 0);
}

TEST(MicroBatches, SurviveJson) {
  MicroBatches micro;
  micro.halve(32, 1000);
  micro.halve(16, 500);
  const formats::Json json = micro;
  EXPECT_EQ(json.get<MicroBatches>(), micro);
}

}  // namespace
}  // namespace vits::train
