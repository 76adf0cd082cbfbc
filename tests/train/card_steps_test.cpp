// Steps on a card: what they compute, what happens when its memory is short, and that a run goes on alike. By a card's
// own allocator, streams and copies, so all of it needs one.
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "seeded_steps.h"
#include "vits/model/card.h"
#include "vits/train/fitted_steps.h"
#include "vits/train/step_graphs.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace vits::train {
namespace {

using namespace train_tests;

const at::Device kCard(at::kCUDA, 0);

// What rounding in another order makes of float32: the splines of the duration predictor amplify it.
constexpr double kApart = 2e-3;

void expect_close(const LossMeans& ours, const LossMeans& theirs, double apart) {
  for (size_t i = 0; i < kLossNames.size(); ++i)
    EXPECT_NEAR(ours.values[i], theirs.values[i], apart * std::abs(theirs.values[i]) + 1e-5) << kLossNames[i];
  EXPECT_EQ(ours.updates, theirs.updates);
}

// The same on both: no dropout, whose draws differ, and no TF32.
struct Exactly {
  Exactly() : before(at::globalContext().allowTF32CuDNN()) { at::globalContext().setAllowTF32CuDNN(false); }
  ~Exactly() { at::globalContext().setAllowTF32CuDNN(before); }
  bool before;
};

TEST(CardStepsCuda, EqualThoseOfTheCpu) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  const Exactly exactly;
  Learner host = graph_learner(), card = graph_learner({}, kCard);
  for (Learner* learner : {&host, &card}) learner->networks().generator->eval();
  for (uint64_t step = 0; step < 5; ++step) {
    const BatchPlace place{static_cast<int64_t>(step % 2), 2};
    StepBatch batch = seeded_batch(host, step);
    host.learn(batch.batch, batch.draws, batch.real_mel, place, Learns::kBoth, kGentleRates);
    batch = seeded_batch(card, step);
    card.learn(batch.batch, batch.draws, batch.real_mel, place, Learns::kBoth, kGentleRates);
    SCOPED_TRACE(step);
    expect_close(card.take_losses(), host.take_losses(), kApart);
  }
}

TEST(CardStepsCuda, HalfPrecisionFollowsFloat32) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  Learner exact = graph_learner({}, kCard), half = graph_learner(at::kHalf, kCard);
  for (Learner* learner : {&exact, &half}) {
    learner->networks().generator->eval();  // dropout draws otherwise in half precision
    for (uint64_t step = 0; step < 20; ++step) {
      const StepBatch batch = seeded_batch(*learner, step);
      learner->learn(batch.batch, batch.draws, batch.real_mel, {}, Learns::kBoth, kGentleRates);
    }
  }
  expect_close(half.take_losses(), exact.take_losses(), 3e-2);
}

TEST(CardStepsCuda, WhatIsSavedComesBackToTheBitAndGoesOnAlike) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  Learner whole = graph_learner(at::kHalf, kCard), resumed = graph_learner(at::kHalf, kCard);
  StepGraphs of_whole(whole, "auto"), of_resumed(resumed, "auto");
  uint64_t step = 0;
  for (; step < 8; ++step) of_whole.learn(seeded_batch(whole, step), {}, Learns::kBoth, kGentleRates);
  checkpoint::RunState then, again;
  whole.save(then);
  // A later step must not reach into the copies.
  of_whole.learn(seeded_batch(whole, step), {}, Learns::kBoth, kGentleRates);
  resumed.restore(then, "a test");
  resumed.save(again);
  EXPECT_EQ(then.facts, again.facts);
  for (const auto& [group, tensors] : then.groups)
    for (const auto& [name, tensor] : tensors)
      EXPECT_TRUE(at::equal(tensor, again.groups[group][name])) << group << " " << name;
  of_resumed.learn(seeded_batch(resumed, step), {}, Learns::kBoth, kGentleRates);
  whole.take_losses();
  resumed.take_losses();
  for (++step; step < 16; ++step) {
    of_whole.learn(seeded_batch(whole, step), {}, Learns::kBoth, kGentleRates);
    of_resumed.learn(seeded_batch(resumed, step), {}, Learns::kBoth, kGentleRates);
  }
  expect_close(resumed.take_losses(), whole.take_losses(), 2e-2);
}

#ifdef VITS_CUDA_KERNELS

namespace memory = c10::cuda::CUDACachingAllocator;

// What LibTorch's allocator may take, while it lives.
class ShortMemory {
 public:
  explicit ShortMemory(int64_t bytes) {
    const auto total = static_cast<double>(memory::get()->getMemoryInfo(kCard.index()).second);
    memory::setMemoryFraction(static_cast<double>(bytes) / total, kCard.index());
  }
  ~ShortMemory() { memory::setMemoryFraction(1.0, kCard.index()); }
  ShortMemory(const ShortMemory&) = delete;
  ShortMemory& operator=(const ShortMemory&) = delete;

  static int64_t reserved() { return memory::getDeviceStats(kCard.index()).reserved_bytes[0].current; }
};

constexpr int64_t kClips = 16, kFrames = 400, kTokens = 40;

// Learned with care for the memory; gives the parts of each attempt.
std::vector<int64_t> learn_fitted(FittedSteps& fitted, Learner& learner, StepGraphs* graphs, uint64_t seed,
                                  int64_t frames = kFrames) {
  std::vector<int64_t> clips(kClips), parts;
  for (int64_t i = 0; i < kClips; ++i) clips[static_cast<size_t>(i)] = i;
  fitted.learn(
      clips, frames, {}, [&](int64_t) { return seeded_batch(learner, seed, kTokens, frames, kClips); },
      [&](const StepBatch& ready, BatchPlace place) {
        parts.push_back(place.parts);
        if (graphs)
          graphs->learn(ready, place, Learns::kBoth, kGentleRates);
        else
          learner.learn(ready.batch, ready.draws, ready.real_mel, place, Learns::kBoth, kGentleRates);
      });
  return parts;
}

TEST(CardStepsCuda, AStepThatDoesNotFitIsLearnedInPartsWithTheSameLosses) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  Learner roomy = graph_learner({}, kCard), tight = graph_learner({}, kCard);
  // Dropout draws other masks for parts than for the whole.
  for (Learner* learner : {&roomy, &tight}) learner->networks().generator->eval();
  const auto learn_roomy = [&](uint64_t seed) {
    const StepBatch batch = seeded_batch(roomy, seed, kTokens, kFrames, kClips);
    roomy.learn(batch.batch, batch.draws, batch.real_mel, {}, Learns::kBoth, kGentleRates);
  };
  learn_roomy(1);  // takes the workspaces of cuBLAS and cuDNN, which stay
  roomy.wait();
  memory::emptyCache();
  const int64_t resting = ShortMemory::reserved();
  learn_roomy(2);
  const int64_t needed = ShortMemory::reserved() - resting;
  roomy.wait();
  memory::emptyCache();

  FittedSteps fitted(tight, false, FittedSteps::of_device(kCard));
  {
    const ShortMemory limit(ShortMemory::reserved() + needed * 2 / 3);
    EXPECT_GT(learn_fitted(fitted, tight, nullptr, 1).back(), 1);
    EXPECT_GT(fitted.times_out_of_memory(), 0);
    const int64_t times = fitted.times_out_of_memory();
    learn_fitted(fitted, tight, nullptr, 2);
    EXPECT_EQ(fitted.times_out_of_memory(), times);  // in parts at once
  }
  EXPECT_TRUE(fitted.clips_left_out().empty());
  expect_close(tight.take_losses(), roomy.take_losses(), 1e-2);
}

TEST(CardStepsCuda, RecordingsMakeWayForAStepThatDoesNotFitBesideThem) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  Learner learner = graph_learner(at::kHalf, kCard);
  StepGraphs graphs(learner, "auto");
  auto around = FittedSteps::of_device(kCard);
  around.make_way = [&] { return graphs.make_way(); };
  FittedSteps fitted(learner, false, std::move(around));
  for (uint64_t seed = 0; seed < 5; ++seed) learn_fitted(fitted, learner, &graphs, seed);
  ASSERT_EQ(graphs.text(), "on");
  ASSERT_EQ(graphs.figures().graphs, 1);
  learner.wait();
  memory::emptyCache();
  const auto held = static_cast<int64_t>(graphs.figures().held_bytes);
  ASSERT_GT(held, 0);
  {
    const ShortMemory limit(ShortMemory::reserved() + held / 2);
    EXPECT_EQ(learn_fitted(fitted, learner, &graphs, 5, kFrames - 8), (std::vector<int64_t>{1, 1}));
  }
  EXPECT_EQ(graphs.text(), "off: the memory does not hold recordings beside a step");
  // Nor the workspaces of the stream that recorded.
  for (const auto& [key, workspace] : at::cuda::cublas_handle_stream_to_workspace().map)
    EXPECT_EQ(std::get<1>(key), c10::cuda::getDefaultCUDAStream(kCard.index()).stream());
  EXPECT_EQ(fitted.times_out_of_memory(), 1);
  EXPECT_EQ(learner.take_losses().updates, 6);
}

#endif

}  // namespace
}  // namespace vits::train
