// What is done about memory, with an allocator that fails and figures that are made up.
#include "vits/train/fitted_steps.h"

#include <gtest/gtest.h>

#include "failing_allocator.h"
#include "small_learner.h"
#include "vits/base/error.h"
#include "vits/train/out_of_memory.h"

namespace vits::train {
namespace {

using namespace train_tests;

const std::vector<int64_t>& clips() {
  static const std::vector<int64_t> numbers = [] {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < golden().batch.token_ids.size(0); ++i) all.push_back(100 + i);
    return all;
  }();
  return numbers;
}

struct Fitted {
  explicit Fitted(bool watches = false)
      : steps(small.learner, watches,
              {.figures = [this] { return figures; },
               .act = [this](MemoryAction action) { actions.push_back(action); },
               .release = [this] { ++releases; },
               .tell = [this](const std::string& sentence) { told.push_back(sentence); },
               .left_out = [this](int64_t clip) { left_out.push_back(clip); },
               .make_way = [this] { return held_for_speed-- > 0; },
               .share_of_others = [this] { return share_of_others; },
               .pause =
                   [this](double seconds) {
                     seconds_waited += seconds;
                     return !on_pause || on_pause();
                   }}) {}

  void learn(BatchPlace place = {}, int64_t frames = 300) {
    steps.learn(
        clips(), frames, place,
        [this](int64_t made_in) {
          if (before_making) before_making(made_in);
          return small.batch();
        },
        [this](const StepBatch& ready, BatchPlace in_parts) {
          parts.push_back(in_parts.parts);
          if (before_learning) before_learning(ready);
          small.learner.learn(ready.batch, ready.draws, ready.real_mel, in_parts, Learns::kBoth, kRates);
        });
  }

  SmallLearner small;
  MemoryFigures figures;
  std::vector<MemoryAction> actions;
  std::vector<std::string> told;
  int releases = 0, held_for_speed = 0;
  double share_of_others = 0.2, seconds_waited = 0.0;
  std::function<bool()> on_pause;
  std::vector<int64_t> left_out, parts;
  std::function<void(int64_t)> before_making;
  std::function<void(const StepBatch&)> before_learning;
  FittedSteps steps;
};

// Of how full a card was that a game is opened on, and closed.
constexpr double kAlone = 0.2, kBesideAGame = 0.5;

[[noreturn]] void run_out() { throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "no room. Try less."); }

TEST(OutOfMemory, IsToldFromOtherFailures) {
  const auto of_libtorch = [](const char* text) { return c10::Error({__func__, __FILE__, __LINE__}, text); };
  EXPECT_TRUE(is_out_of_memory(c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "anything")));
  EXPECT_TRUE(is_out_of_memory(std::bad_alloc()));
  for (const char* text :
       {"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "cuFFT error: CUFFT_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"}) {
    EXPECT_TRUE(is_out_of_memory(of_libtorch(text))) << text;
    EXPECT_FALSE(is_failure_of_library(of_libtorch(text))) << text;
  }
  for (const char* text : {"CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
                           "cuFFT error: CUFFT_INTERNAL_ERROR", "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
                           "GET was unable to find an engine to execute this computation"}) {
    EXPECT_TRUE(is_out_of_memory(of_libtorch(text))) << text;
    EXPECT_TRUE(is_failure_of_library(of_libtorch(text))) << text;
  }
  EXPECT_FALSE(is_out_of_memory(of_libtorch("cuFFT error: CUFFT_INVALID_SIZE")));
  EXPECT_FALSE(is_out_of_memory(of_libtorch("The size of tensor a must match")));
  EXPECT_FALSE(is_out_of_memory(std::runtime_error("CUDA error: out of memory")));
  // As LibTorch words it on this very host.
  try {
    at::empty({int64_t{1} << 60}, at::kByte);
    FAIL();
  } catch (const std::exception& failure) {
    EXPECT_TRUE(is_out_of_memory(failure)) << failure.what();
  }
}

TEST(OutOfMemory, SaysWhatWasAskedFor) {
  const auto words = [](const std::string& text) { return want_of_memory(std::runtime_error(text)); };
  EXPECT_EQ(words("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.61 GiB"),
            "2.00 GiB were asked for");
  EXPECT_EQ(words("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried "
                  "to allocate 1024 bytes. Error code 12 (Cannot allocate memory)\nframe #0"),
            "1024 bytes were asked for");
  EXPECT_EQ(words("could not create a primitive"), "could not create a primitive");
  EXPECT_EQ(words("std::bad_alloc"), "std::bad_alloc");
}

TEST(OutOfMemory, NothingOfAStepThatFailedIsKept) {
  FailingAllocator memory;
  SmallLearner small;
  for (int i = 0; i < 2; ++i) small.learn({});  // workspaces are taken for the first time
  const int64_t resting = memory.held_bytes();
  constexpr int64_t kMany = 1'000'000'000, kTries = 8, kCrumbs = 100'000;
  int64_t thrown = 0;
  memory.allocations_left = kMany;
  small.learn({});
  const int64_t allocations = kMany - memory.allocations_left;
  int64_t kept_after_throw = 0;
  for (int64_t i = 1; i <= kTries; ++i) {
    memory.allocations_left = allocations * i / (kTries + 1);
    try {
      small.learn({});  // some operators find another way
      continue;
    } catch (const c10::OutOfMemoryError&) {
    }
    ++thrown;
    kept_after_throw = std::max(kept_after_throw, memory.held_bytes() - resting);
    small.learner.take_back();
    EXPECT_LT(memory.held_bytes() - resting, kCrumbs) << i;
  }
  EXPECT_GE(thrown, 2);
  // As LibTorch leaves it, otherwise this test shows nothing. How much differs with a processor's operators.
  EXPECT_GT(kept_after_throw, 3 * kCrumbs);
}

TEST(FittedSteps, ABatchThatFitsIsLearnedAsItIs) {
  Fitted fitted;
  SmallLearner plain;
  fitted.learn();
  plain.learn({});
  EXPECT_EQ(fitted.parts, std::vector<int64_t>{1});
  EXPECT_EQ(worst_difference(fitted.small.gradients(), plain.gradients()), 0.0);
  EXPECT_TRUE(fitted.told.empty());
  EXPECT_EQ(fitted.steps.times_out_of_memory(), 0);
}

TEST(FittedSteps, ABatchThatDoesNotFitIsLearnedInPartsThatDo) {
  SmallLearner plain;
  plain.learn({});
  FailingAllocator memory;
  Fitted fitted;
  fitted.small.learn({});  // workspaces are taken for the first time
  checkpoint::RunState begin;
  SmallLearner().learner.save(begin);
  fitted.small.learner.restore(begin, "a test");
  const int64_t resting = memory.held_bytes();
  memory.take_peak_bytes();
  fitted.small.learn({});
  const int64_t needed = memory.take_peak_bytes() - resting;
  fitted.small.learner.restore(begin, "a test");
  fitted.small.learner.take_losses();

  memory.limit_bytes = resting + needed * 3 / 4;
  fitted.learn();
  EXPECT_GT(memory.failures, 0);
  EXPECT_EQ(fitted.steps.times_out_of_memory(), memory.failures);
  EXPECT_EQ(fitted.parts.size(), static_cast<size_t>(memory.failures) + 1);
  ASSERT_FALSE(fitted.told.empty());
  EXPECT_NE(fitted.told.front().find("does not fit in memory ("), std::string::npos) << fitted.told.front();
  EXPECT_EQ(fitted.releases, memory.failures);
  EXPECT_TRUE(fitted.left_out.empty());
  // The next one is learned so at once.
  const auto failures = memory.failures.load();
  fitted.parts.clear();
  fitted.learn();
  EXPECT_EQ(memory.failures, failures);
  EXPECT_GT(fitted.parts.front(), 1);
  memory.limit_bytes = std::numeric_limits<int64_t>::max();
  plain.learn({});
  // Of two steps: the second begins with the rounding of the first.
  EXPECT_LT(worst_difference(fitted.small.gradients(), plain.gradients()), 10 * kRounding);
}

TEST(FittedSteps, WhatIsHeldForSpeedMakesWayBeforeABatchIsParted) {
  Fitted fitted;
  SmallLearner plain;
  fitted.held_for_speed = 1;
  int failures = 1;
  fitted.before_learning = [&](const StepBatch&) {
    if (failures-- > 0) run_out();
  };
  fitted.learn();
  plain.learn({});
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(worst_difference(fitted.small.gradients(), plain.gradients()), 0.0);
  EXPECT_EQ(fitted.steps.times_out_of_memory(), 1);
  EXPECT_TRUE(fitted.told.empty());  // who made way says so
  failures = 1;
  fitted.learn();
  EXPECT_EQ(fitted.parts.size(), 4u);
  EXPECT_GT(fitted.parts.back(), 1);
}

TEST(FittedSteps, AnyAllocationOfAStepMayFail) {
  SmallLearner plain;
  for (int64_t number = 0; number < 2; ++number) plain.learn({number, 2});
  const auto expected = plain.gradients();
  const LossMeans losses = plain.learner.take_losses();
  FailingAllocator memory;
  constexpr int64_t kMany = 1'000'000'000;
  int64_t allocations = 0;
  {
    SmallLearner counted;
    counted.learn({0, 2});
    memory.allocations_left = kMany;
    counted.learn({1, 2});
    allocations = kMany - memory.allocations_left;
    memory.allocations_left = std::numeric_limits<int64_t>::max();
  }
  ASSERT_GT(allocations, 500);
  constexpr int64_t kTries = 6;
  int64_t thrown = 0;
  for (int64_t i = 0; i < kTries; ++i) {
    SCOPED_TRACE(i);
    Fitted fitted;
    fitted.learn({0, 2});
    memory.allocations_left = 1 + (allocations - 2) * i / (kTries - 1);
    fitted.learn({1, 2});
    memory.allocations_left = std::numeric_limits<int64_t>::max();
    thrown += fitted.steps.times_out_of_memory();  // some operators find another way
    EXPECT_LT(worst_difference(fitted.small.gradients(), expected), kRounding);
    expect_same_losses(fitted.small.learner.take_losses(), losses);
  }
  EXPECT_EQ(memory.failures, kTries);
  EXPECT_GE(thrown, 2);
}

TEST(FittedSteps, AClipThatDoesNotFitAloneIsLeftOutForGood) {
  Fitted fitted;
  // Whatever holds the second clip fails.
  const at::Tensor its_tokens = golden().batch.token_ids[1];
  fitted.before_learning = [&](const StepBatch& ready) {
    for (int64_t row = 0; row < ready.batch.token_ids.size(0); ++row)
      if (at::equal(ready.batch.token_ids[row], its_tokens)) {
        if (ready.batch.token_ids.size(0) < 2 || fitted.parts.back() < ready.batch.token_ids.size(0)) run_out();
        // In parts of one clip each it is the second that fails.
        int part = -1;
        fitted.small.learner.learn(ready.batch, ready.draws, ready.real_mel, {0, 1, fitted.parts.back()}, Learns::kBoth,
                                   kRates, [&](const char* phase) {
                                     if (std::string(phase) == "voice_forward" && ++part == row) run_out();
                                   });
      }
  };
  fitted.learn();
  EXPECT_EQ(fitted.left_out, std::vector<int64_t>{101});
  EXPECT_EQ(fitted.steps.clips_left_out(), std::set<int64_t>{101});
  const size_t attempts = fitted.parts.size();
  fitted.learn();
  EXPECT_EQ(fitted.parts.size(), attempts + 1);
  EXPECT_EQ(fitted.small.learner.take_losses().updates, 2);
}

TEST(FittedSteps, ABatchThatCannotBeMadeIsMadeInPartsOrPassedOver) {
  Fitted fitted;
  std::vector<int64_t> made_in;
  int64_t enough = 2;
  fitted.before_making = [&](int64_t parts) {
    made_in.push_back(parts);
    if (parts < enough) run_out();
  };
  fitted.learn();
  EXPECT_EQ(made_in.front(), 1);
  EXPECT_GE(made_in.back(), 2);
  EXPECT_EQ(fitted.small.learner.take_losses().updates, 1);
  enough = 1000;
  fitted.learn();
  EXPECT_NE(fitted.told.back().find("passed over this time"), std::string::npos) << fitted.told.back();
  EXPECT_TRUE(fitted.left_out.empty());
  EXPECT_EQ(fitted.small.learner.take_losses().updates, 0);
}

TEST(FittedSteps, WhenNothingFitsTheNightGoesOn) {
  Fitted fitted;
  fitted.before_learning = [](const StepBatch& ready) {
    if (ready.batch.token_ids.defined()) run_out();
  };
  fitted.learn();
  EXPECT_EQ(fitted.left_out.size(), clips().size());
  fitted.learn();
  EXPECT_EQ(fitted.small.learner.take_losses().updates, 0);
}

TEST(FittedSteps, WhatAnotherProgramTookIsWaitedFor) {
  Fitted fitted;
  fitted.learn();
  fitted.share_of_others = kBesideAGame;
  fitted.before_learning = [&](const StepBatch&) {
    if (fitted.share_of_others > kAlone) run_out();
  };
  fitted.on_pause = [&] {
    if (fitted.seconds_waited >= 40) fitted.share_of_others = kAlone;
    return true;
  };
  fitted.learn();
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(fitted.seconds_waited, 40);
  ASSERT_EQ(fitted.told.size(), 2u);
  EXPECT_NE(fitted.told.front().find("other programs have taken 30 % of the memory since"), std::string::npos)
      << fitted.told.front();
  EXPECT_NE(fitted.told.back().find("there is memory again after 40 s"), std::string::npos) << fitted.told.back();
  EXPECT_TRUE(fitted.steps.micro_batches().empty());
  EXPECT_TRUE(fitted.left_out.empty());
  EXPECT_EQ(fitted.small.learner.take_losses().updates, 2);
}

TEST(FittedSteps, WhatAnotherProgramKeepsIsWaitedForOnce) {
  Fitted fitted;
  fitted.learn();
  fitted.share_of_others = kBesideAGame;
  fitted.before_learning = [&](const StepBatch&) {
    if (fitted.parts.back() < 2) run_out();
  };
  fitted.learn();
  EXPECT_EQ(fitted.seconds_waited, MemoryPatience::kMostSeconds);
  EXPECT_GT(fitted.parts.back(), 1);
  EXPECT_FALSE(fitted.steps.micro_batches().empty());
  // Shorter ones do not fit beside it either, and are halved at once.
  fitted.parts.clear();
  fitted.learn({}, 200);
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(fitted.seconds_waited, MemoryPatience::kMostSeconds);
}

TEST(FittedSteps, NobodyIsWaitedForByABatchThatNeverFitted) {
  Fitted fitted;
  fitted.learn();
  fitted.share_of_others = kBesideAGame;
  fitted.before_learning = [&](const StepBatch&) {
    if (fitted.parts.back() < 2) run_out();
  };
  fitted.learn({}, 400);
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 1, 3}));
  EXPECT_EQ(fitted.seconds_waited, 0);
}

TEST(FittedSteps, BeforeAClipIsLeftOutOthersAreWaitedFor) {
  Fitted fitted;
  fitted.learn();
  fitted.share_of_others = kBesideAGame;
  fitted.before_learning = [&](const StepBatch& ready) {
    if (ready.batch.token_ids.defined() && fitted.share_of_others > kAlone) run_out();
  };
  fitted.on_pause = [&] {
    fitted.share_of_others = kAlone;
    return true;
  };
  fitted.learn({}, 400);  // never fitted, so it is halved first
  EXPECT_GT(fitted.parts.back(), 1);
  EXPECT_EQ(fitted.seconds_waited, MemoryPatience::kSecondsBetweenTries);
  EXPECT_TRUE(fitted.left_out.empty());
}

TEST(FittedSteps, AStopEndsTheWaiting) {
  Fitted fitted;
  fitted.learn();
  fitted.share_of_others = kBesideAGame;
  fitted.before_learning = [](const StepBatch&) { run_out(); };
  fitted.on_pause = [] { return false; };
  fitted.learn();
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 1}));
  EXPECT_TRUE(fitted.steps.micro_batches().empty());
  EXPECT_TRUE(fitted.left_out.empty());
  EXPECT_EQ(fitted.small.learner.take_losses().updates, 1);
}

// As cuFFT words a full card, and a card that it cannot work on.
TEST(FittedSteps, ALibraryThatFailsForEverEndsTheNight) {
  const auto fail = [] { throw c10::Error({__func__, __FILE__, __LINE__}, "cuFFT error: CUFFT_INTERNAL_ERROR"); };
  for (const bool in_making : {false, true}) {
    SCOPED_TRACE(in_making);
    Fitted fitted;
    int failures = 1;
    const auto once = [&] {
      if (failures-- > 0) fail();
    };
    if (in_making)
      fitted.before_making = [&](int64_t) { once(); };
    else
      fitted.before_learning = [&](const StepBatch&) { once(); };
    fitted.learn();
    EXPECT_EQ(fitted.small.learner.take_losses().updates, 1);
    failures = std::numeric_limits<int>::max();
    std::string error;
    for (int batch = 0; batch < 4 && error.empty(); ++batch) try {
        fitted.learn();
      } catch (const Error& thrown) {
        error = thrown.what();
      }
    EXPECT_NE(error.find("3 times in a row with all memory given back (cuFFT error: CUFFT_INTERNAL_ERROR)"),
              std::string::npos)
        << error;
    EXPECT_LT(fitted.left_out.size(), 3u);
  }
}

TEST(FittedSteps, OtherFailuresAreNotTakenForIt) {
  Fitted fitted;
  fitted.before_learning = [](const StepBatch&) { throw std::runtime_error("something else"); };
  EXPECT_THROW(fitted.learn(), std::runtime_error);
}

TEST(FittedSteps, UnderPressurePartsBecomeSmallerBeforeOneFails) {
  Fitted fitted(true);
  fitted.figures = {.total_bytes = 100, .peak_bytes = 70, .resting_bytes = 20, .kept_bytes = 0};
  fitted.learn();
  EXPECT_EQ(fitted.steps.watch().level(), MemoryLevel::kModerate);
  EXPECT_EQ(fitted.actions, std::vector<MemoryAction>{MemoryAction::kGiveBackHostMemory});
  fitted.figures.peak_bytes = 90;
  fitted.learn();
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 1}));
  ASSERT_EQ(fitted.told.size(), 1u);
  EXPECT_NE(fitted.told.front().find("memory is 90 % full"), std::string::npos) << fitted.told.front();
  fitted.learn();
  EXPECT_GT(fitted.parts.back(), 1);
  EXPECT_EQ(fitted.steps.times_out_of_memory(), 0);
}

TEST(FittedSteps, UnderPressureWhatIsHeldForSpeedMakesWayFirst) {
  Fitted fitted(true);
  fitted.held_for_speed = 1;
  fitted.figures = {.total_bytes = 100, .peak_bytes = 90, .resting_bytes = 20, .kept_bytes = 0};
  fitted.learn();
  EXPECT_TRUE(fitted.told.empty());
  fitted.learn();
  ASSERT_EQ(fitted.told.size(), 1u);
  EXPECT_EQ(fitted.parts, (std::vector<int64_t>{1, 1}));
}

TEST(FittedSteps, UnderAPressureThatOthersMakePartsStayAsTheyAre) {
  Fitted fitted(true);
  fitted.held_for_speed = 1;
  fitted.figures = {.total_bytes = 100, .peak_bytes = 50, .resting_bytes = 20, .kept_bytes = 0};
  fitted.learn();
  fitted.share_of_others = kBesideAGame;
  fitted.figures.peak_bytes = 90;
  fitted.learn();
  EXPECT_EQ(fitted.held_for_speed, 1);
  EXPECT_TRUE(fitted.told.empty());
  EXPECT_TRUE(fitted.steps.micro_batches().empty());
}

TEST(FittedSteps, UnwatchedMemoryIsNotLookedAt) {
  Fitted fitted;
  fitted.figures = {.total_bytes = 100, .peak_bytes = 99, .resting_bytes = 20, .kept_bytes = 50};
  fitted.learn();
  EXPECT_TRUE(fitted.actions.empty());
  EXPECT_TRUE(fitted.told.empty());
}

TEST(FittedSteps, FiguresOfThisMachineAreWhatTheyClaim) {
  const auto around = FittedSteps::of_device(at::kCPU);
  around.figures();
  const MemoryFigures before = around.figures();
  { const auto block = at::ones({64 << 20}, at::kByte); }
  const MemoryFigures after = around.figures();
  EXPECT_GT(before.total_bytes, before.resting_bytes);
  EXPECT_GE(after.peak_bytes, after.resting_bytes);
  EXPECT_GT(after.peak_bytes - after.resting_bytes, uint64_t{48} << 20);
}

}  // namespace
}  // namespace vits::train
