#include "vits/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>

#include "vits/base/error.h"

namespace vits::base {
namespace {

TEST(RunPasses, RunsEveryTaskOnceAndAPassAfterTheOneBefore) {
  for (const int threads : {1, 3, 64}) {
    std::vector<std::atomic<int>> first(100), second(100);
    std::atomic<int> early = 0;
    run_passes({{100, [&](int64_t task) { ++first[static_cast<size_t>(task)]; }},
                {0, [](int64_t) {}},
                {100,
                 [&](int64_t task) {
                   ++second[static_cast<size_t>(task)];
                   for (const auto& count : first) early += count != 1;
                 }}},
               threads);
    for (const auto& count : first) EXPECT_EQ(count, 1);
    for (const auto& count : second) EXPECT_EQ(count, 1);
    EXPECT_EQ(early, 0);
  }
}

TEST(RunPasses, ThrowsWhatATaskThrew) {
  for (const int threads : {1, 4})
    EXPECT_THROW(run_passes({{10,
                              [](int64_t task) {
                                if (task == 3) throw Error("task {}", task);
                              }},
                             {5, [](int64_t) {}}},
                            threads),
                 Error);
}

}  // namespace
}  // namespace vits::base
