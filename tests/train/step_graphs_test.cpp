// Steps that are recorded once and repeated, on the CPU by a recorder that notes the work and does it anew: everything
// but the card's own part. What a card asks of a step is proved by counting: no operator that the host waits for, the
// same operators on the same shapes from step to step, no memory that was not taken before.
#include "vits/train/step_graphs.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/variable.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "operator_count.h"
#include "seeded_steps.h"
#include "vits/base/error.h"
#include "vits/model/card.h"

namespace vits::train {
namespace {

using namespace train_tests;

class Repeater : public GraphRecorder {
 public:
  class Again : public Recording {
   public:
    explicit Again(DeviceWork work) : work_(std::move(work)) {}
    void repeat() override { work_(); }

   private:
    DeviceWork work_;
  };
  void warm_up(const DeviceWork& work) override { work(); }
  std::unique_ptr<Recording> record(const DeviceWork& work) override { return std::make_unique<Again>(work); }
  void free_memory() override {}
};

void expect_equal_learners(Learner& a, Learner& b) {
  checkpoint::RunState first, second;
  a.save(first);
  b.save(second);
  EXPECT_EQ(first.facts, second.facts);
  for (const auto& [group, tensors] : first.groups)
    for (const auto& [name, tensor] : tensors)
      EXPECT_TRUE(at::equal(tensor, second.groups[group][name])) << group << " " << name;
  const LossMeans of_a = a.take_losses(), of_b = b.take_losses();
  EXPECT_EQ(of_a.values, of_b.values);
  EXPECT_EQ(of_a.batches, of_b.batches);
  EXPECT_EQ(of_a.updates, of_b.updates);
}

TEST(StepGraphs, RepeatedStepsEqualDirectOnesBitForBit) {
  Learner direct = graph_learner(), repeated = graph_learner();
  StepGraphs graphs(repeated, std::make_unique<Repeater>());
  // Steps of two batches; now and then a batch of another shape, and one in which the voice is held.
  for (uint64_t step = 0; step < 11; ++step) {
    const int64_t frames = step == 4 ? 64 : 48;
    const BatchPlace place{static_cast<int64_t>(step % 2), 2};
    const Learns who = step == 10 ? Learns::kDiscriminatorsOnly : Learns::kBoth;
    const Rates rates{kSteepRates.generator * static_cast<double>(step + 1), kSteepRates.discriminators};
    StepBatch batch = seeded_batch(direct, step, 20, frames);
    direct.learn(batch.batch, batch.draws, batch.real_mel, place, who, rates);
    batch = seeded_batch(repeated, step, 20, frames);
    graphs.learn(batch, place, who, rates);
  }
  expect_equal_learners(direct, repeated);
  EXPECT_EQ(graphs.figures().repeated_steps, 3);
  EXPECT_EQ(graphs.figures().eager_steps, 8);
  EXPECT_EQ(graphs.text(), "on");
}

TEST(StepGraphs, RecordsAShapeAfterThreeStepsOfIt) {
  Learner learner = graph_learner();
  StepGraphs graphs(learner, std::make_unique<Repeater>());
  for (uint64_t step = 0; step < 5; ++step) graphs.learn(seeded_batch(learner, step), {}, Learns::kBoth, kSteepRates);
  EXPECT_EQ(graphs.figures().recorded, 1);
  EXPECT_EQ(graphs.figures().eager_steps, 3);
  EXPECT_EQ(graphs.figures().repeated_steps, 2);
  EXPECT_EQ(learner.take_losses().updates, 5);
}

TEST(StepGraphs, ReleasesTheShapeThatWasNotUsedForLongest) {
  Learner learner = graph_learner();
  StepGraphs graphs(learner, std::make_unique<Repeater>(), "", 2);
  const auto learn = [&](int64_t tokens, int times) {
    for (int i = 0; i < times; ++i)
      graphs.learn(seeded_batch(learner, 7, tokens), {}, Learns::kDiscriminatorsOnly, kSteepRates);
    return graphs.figures();
  };
  learn(16, 4);
  learn(18, 4);
  learn(16, 1);  // 18 is now the older one
  const auto after = learn(20, 4);
  EXPECT_EQ(after.graphs, 2);
  EXPECT_EQ(after.released, 1);
  EXPECT_EQ(learn(16, 1).repeated_steps, after.repeated_steps + 1);
  EXPECT_EQ(learn(18, 1).eager_steps, after.eager_steps + 1);
  graphs.release();
  EXPECT_EQ(graphs.figures().graphs, 0);
}

TEST(StepGraphs, MakeWayForGoodWhenTheMemoryIsShort) {
  Learner direct = graph_learner(), repeated = graph_learner();
  StepGraphs graphs(repeated, std::make_unique<Repeater>());
  EXPECT_FALSE(graphs.make_way());  // nothing is held yet
  for (uint64_t step = 0; step < 7; ++step) {
    StepBatch batch = seeded_batch(direct, step);
    direct.learn(batch.batch, batch.draws, batch.real_mel, {}, Learns::kBoth, kSteepRates);
    batch = seeded_batch(repeated, step);
    graphs.learn(batch, {}, Learns::kBoth, kSteepRates);
    if (step != 4) continue;
    EXPECT_EQ(graphs.figures().graphs, 1);
    EXPECT_TRUE(graphs.make_way());
    EXPECT_FALSE(graphs.make_way());
  }
  expect_equal_learners(direct, repeated);
  EXPECT_EQ(graphs.figures().graphs, 0);
  EXPECT_EQ(graphs.figures().repeated_steps, 2);
  EXPECT_EQ(graphs.text(), "off: the memory does not hold recordings beside a step");
  EXPECT_TRUE(graphs.take_news().has_value());
}

// Gets as far as a card that meets an operator which it cannot record.
class Refuser : public Repeater {
 public:
  std::unique_ptr<Recording> record(const DeviceWork&) override {
    at::nonzero(at::ones({3}));
    throw Error("operation not permitted when stream is capturing\nand more");
  }
};

TEST(StepGraphs, GoOnWithoutRecordingsAndSayWhyWhenOneFails) {
  Learner direct = graph_learner(), refused = graph_learner();
  StepGraphs graphs(refused, std::make_unique<Refuser>());
  for (uint64_t step = 0; step < 6; ++step) {
    StepBatch batch = seeded_batch(direct, step);
    direct.learn(batch.batch, batch.draws, batch.real_mel, {}, Learns::kBoth, kSteepRates);
    batch = seeded_batch(refused, step);
    graphs.learn(batch, {}, Learns::kBoth, kSteepRates);
  }
  expect_equal_learners(direct, refused);
  EXPECT_EQ(graphs.figures().eager_steps, 6);
  EXPECT_EQ(graphs.why_not(),
            "recording a step failed at aten::nonzero: operation not permitted when stream is capturing");
}

TEST(StepGraphs, SayThatTheCpuHasNone) {
  Learner learner = graph_learner();
  EXPECT_EQ(StepGraphs(learner, "auto").text(), "off: the CPU has no graphs");
  EXPECT_EQ(StepGraphs(learner, "off").text(), "off: --cuda_graphs off");
}

// LibTorch refuses to say where the random generator stands while a stream is recorded.
TEST(StepGraphs, AreOffWhereActivationsAreComputedAgain) {
  Learner learner = graph_learner({}, at::kCPU, model::Keeps::kInputs);
  EXPECT_EQ(StepGraphs(learner, "auto").text(), "off: --gradient_checkpointing draws twice, which a recording cannot");
}

// Every operator with the sizes of its tensors, in the order of their beginning.
class OperatorLog {
 public:
  OperatorLog() {
    lines().clear();
    handle_ =
        at::addGlobalCallback(at::RecordFunctionCallback(&begin).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
  }
  ~OperatorLog() { at::removeCallback(handle_); }
  static std::vector<std::string>& lines() {
    static std::vector<std::string> of;
    return of;
  }

 private:
  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
    std::ostringstream line;
    line << function.name();
    for (const c10::IValue& input : function.inputs())
      if (input.isTensor() && input.toTensor().defined()) line << ' ' << input.toTensor().sizes();
    lines().push_back(line.str());
    return nullptr;
  }
  at::CallbackHandle handle_;
};

// The same of two batches, once the first of their shape has been learned.
void expect_steps_alike(Learner& learner, BatchPlace place, Learns who) {
  StepGraphs graphs(learner, std::make_unique<Repeater>());
  std::vector<std::string> expected;
  for (uint64_t step = 0; step < 3; ++step) {
    const StepBatch batch = seeded_batch(learner, 100 + step);
    const OperatorCount counting;
    const OperatorLog log;
    graphs.learn(batch, place, who, kSteepRates);
    EXPECT_EQ(counting.counts().waits, 0);
    if (step == 1) expected = OperatorLog::lines();
  }
  EXPECT_GT(expected.size(), 1000u);
  EXPECT_EQ(OperatorLog::lines(), expected);
}

TEST(StepGraphs, StepsOfAShapeAskForTheSameOperatorsAndNeverWait) {
  Learner learner = graph_learner(), half = graph_learner(at::kBFloat16);
  for (const BatchPlace place : {BatchPlace{0, 1}, BatchPlace{1, 3}}) expect_steps_alike(learner, place, Learns::kBoth);
  expect_steps_alike(learner, {}, Learns::kDiscriminatorsOnly);
  expect_steps_alike(half, {}, Learns::kBoth);
}

// Counts what passes through LibTorch's allocator of the CPU while it lives.
class CountedMemory : public c10::Allocator {
 public:
  CountedMemory() : below_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 100); }
  ~CountedMemory() override { c10::SetCPUAllocator(below_, 100); }

  c10::DataPtr allocate(size_t bytes) override {
    void* const data = below_->raw_allocate(bytes);
    const std::lock_guard lock(mutex());
    taken().insert(bytes);
    live().insert(data);
    return {data, data, &give_back, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, size_t bytes) const override { below_->copy_data(to, from, bytes); }

  static std::multiset<size_t>& taken() {
    static std::multiset<size_t> sizes;
    return sizes;
  }
  static std::set<void*>& live() {
    static std::set<void*> places;
    return places;
  }

 private:
  static void give_back(void* data) {
    {
      const std::lock_guard lock(mutex());
      live().erase(data);
    }
    c10::GetDefaultCPUAllocator()->raw_deallocate(data);
  }
  static std::mutex& mutex() {
    static std::mutex of;
    return of;
  }
  c10::Allocator* below_;
};

TEST(StepGraphs, StepsOfAShapeTakeTheSameMemoryAndLeaveNoneBehind) {
  Learner learner = graph_learner();
  StepGraphs graphs(learner, std::make_unique<Repeater>());
  CountedMemory memory;
  for (const BatchPlace place : {BatchPlace{0, 1}, BatchPlace{0, 2}}) {
    std::multiset<size_t> expected;
    for (uint64_t step = 0; step < 3; ++step) {
      const StepBatch batch = seeded_batch(learner, 200 + step);
      const auto live = CountedMemory::live();
      CountedMemory::taken().clear();
      graphs.learn(batch, place, Learns::kBoth, kSteepRates);
      EXPECT_TRUE(step == 0 || CountedMemory::live() == live) << step;
      if (step == 1) expected = CountedMemory::taken();
    }
    EXPECT_GT(expected.size(), 500u);
    EXPECT_EQ(CountedMemory::taken(), expected);
  }
}

// The nodes that collect gradients remember the stream on which they were made. One that outlived its step would draw
// that step's stream into a recording, which a card refuses.
TEST(StepGraphs, NoStepLeavesANodeOfItsGraphToTheNext) {
  for (const auto half : {std::optional<c10::ScalarType>{}, std::optional(at::kBFloat16)}) {
    Learner learner = graph_learner(half);
    const auto expect_none = [&](const char* after) {
      Networks& networks = learner.networks();
      for (const auto& parameters : {networks.generator->parameters(), networks.discriminators->parameters()})
        for (const at::Tensor& parameter : parameters)
          ASSERT_EQ(torch::autograd::impl::try_get_grad_accumulator(parameter), nullptr) << after;
    };
    const auto learn = [&](BatchPlace place, Learns who) {
      const StepBatch batch = seeded_batch(learner, 7);
      learner.learn(batch.batch, batch.draws, batch.real_mel, place, who, kSteepRates);
    };
    learn({}, Learns::kBoth);
    expect_none("a step");
    learn({0, 2}, Learns::kBoth);
    expect_none("a batch that ends no step");
    learn({1, 2, 2}, Learns::kBoth);
    expect_none("a batch in parts");
    learn({}, Learns::kDiscriminatorsOnly);
    expect_none("a step of the discriminators");
    const StepBatch batch = seeded_batch(learner, 8);
    bool was_there = false;
    const auto fail = [&](const char* phase) {
      if (std::string_view(phase) != "voice_judged") return;
      for (const at::Tensor& parameter : learner.networks().generator->parameters())
        was_there |= torch::autograd::impl::try_get_grad_accumulator(parameter) != nullptr;
      throw Error("a test");
    };
    EXPECT_THROW(learner.learn(batch.batch, batch.draws, batch.real_mel, {}, Learns::kBoth, kSteepRates, fail), Error);
    EXPECT_TRUE(was_there);
    learner.take_back();
    expect_none("a step that failed");
  }
}

TEST(StepGraphsCuda, FiftyStepsByGraphsEqualFiftyWithout) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  const at::Device device(at::kCUDA, 0);
  std::vector<std::optional<c10::ScalarType>> precisions{std::nullopt, at::kHalf};
  if (model::card_of(device)->major >= 8) precisions.emplace_back(at::kBFloat16);  // check_card() refuses it before
  for (const auto half : precisions) {
    Learner direct = graph_learner(half, device), recorded = graph_learner(half, device);
    StepGraphs graphs(recorded, "auto");
    for (uint64_t step = 0; step < 50; ++step) {
      const int64_t frames = step % 3 == 0 ? 64 : 48;
      StepBatch batch = seeded_batch(direct, step, 20, frames);
      direct.learn(batch.batch, batch.draws, batch.real_mel, {}, Learns::kBoth, kGentleRates);
      batch = seeded_batch(recorded, step, 20, frames);
      graphs.learn(batch, {}, Learns::kBoth, kGentleRates);
      const LossMeans expected = direct.take_losses(), means = recorded.take_losses();
      // Atomic additions come in an order of their own, which every step carries on.
      for (size_t i = 0; i < kLossNames.size(); ++i)
        EXPECT_NEAR(means.values[i], expected.values[i], (half ? 3e-2 : 2e-3) * std::abs(expected.values[i]) + 1e-5)
            << kLossNames[i] << " of step " << step;
    }
    EXPECT_EQ(graphs.text(), "on");
    EXPECT_EQ(graphs.figures().recorded, 2);
    EXPECT_EQ(graphs.figures().repeated_steps, 44);
  }
}

TEST(StepGraphsCuda, RecordAnewAfterAllRecordingsWereGivenBack) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  Learner learner = graph_learner(at::kHalf, at::Device(at::kCUDA, 0));
  StepGraphs graphs(learner, "auto");
  uint64_t seed = 0;
  for (int64_t times = 1; times <= 3; ++times) {
    for (int i = 0; i < 5; ++i) graphs.learn(seeded_batch(learner, seed++), {}, Learns::kBoth, kGentleRates);
    EXPECT_EQ(graphs.text(), "on");
    EXPECT_EQ(graphs.figures().recorded, times);
    EXPECT_GT(graphs.figures().held_bytes, 0u);
    graphs.release();
    EXPECT_EQ(graphs.figures().held_bytes, 0u);
  }
  EXPECT_EQ(learner.take_losses().updates, 15);
}

// What the loader does meanwhile: a stream of its own, pinned memory, memory of the card, copies, waiting for events.
TEST(StepGraphsCuda, AreRecordedWhileAnotherThreadUsesTheCard) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  const c10::Device device(at::kCUDA, 0);
  Learner learner = graph_learner(at::kHalf, device);
  StepGraphs graphs(learner, "auto");
  std::atomic<bool> stop = false;
  std::atomic<int64_t> rounds = 0;
  std::string failure;
  std::thread other([&] {
    try {
      const c10::impl::VirtualGuardImpl card(c10::kCUDA);
      const c10::StreamGuard on_stream(card.getStreamFromGlobalPool(device));
      for (int64_t size = 1000; !stop; size += 1000, ++rounds) {
        const auto host = at::full({size}, 7.0, at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
        const auto there = at::empty({size}, at::TensorOptions(device));
        there.copy_(host, /*non_blocking=*/true);
        c10::Event sent(c10::kCUDA);
        sent.record(card.getStream(device));
        sent.synchronize();
        if (!at::equal(there.cpu(), host)) throw std::runtime_error("other numbers came back");
      }
    } catch (const std::exception& error) {
      failure = error.what();
    }
  });
  for (uint64_t step = 0; step < 24; ++step)  // six shapes
    graphs.learn(seeded_batch(learner, step, 20 + 2 * static_cast<int64_t>(step / 4)), {}, Learns::kBoth, kGentleRates);
  stop = true;
  other.join();
  EXPECT_EQ(failure, "");
  EXPECT_GT(rounds, 0);
  EXPECT_EQ(graphs.text(), "on");
  EXPECT_EQ(graphs.figures().recorded, 6);
}

TEST(StepGraphsCuda, GoOnAfterARecordingThatTheCardRefused) {
  if (!model::card_is_usable()) GTEST_SKIP() << "no CUDA device";
  std::string why_not;
  const auto recorder = graph_recorder_of(at::Device(at::kCUDA, 0), why_not);
  ASSERT_NE(recorder, nullptr) << why_not;
  const auto numbers = at::ones({8}, at::TensorOptions(at::kCUDA));
  EXPECT_ANY_THROW(recorder->record([&] { EXPECT_EQ(numbers.sum().item<float>(), 8); }));
  EXPECT_EQ(at::rand_like(numbers).ge(0).sum().item<int64_t>(), 8);
  const auto recording = recorder->record([&] { numbers.add_(1); });
  EXPECT_EQ(numbers.sum().item<float>(), 8);
  recording->repeat();
  EXPECT_EQ(numbers.sum().item<float>(), 16);
}

}  // namespace
}  // namespace vits::train
