#include "vits/checkpoint/saver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>

#include "vits/base/error.h"

namespace {

using vits::checkpoint::Saver;

// A task that says when it began and waits to be let go.
struct Held {
  std::promise<void> begun, let_go;
  std::function<void()> task() {
    return [this] {
      begun.set_value();
      let_go.get_future().wait();
    };
  }
};

TEST(Saver, WritesInTheOrderGivenOnAThreadOfItsOwn) {
  std::vector<int> order;
  std::thread::id thread;
  Saver saver;
  for (int i = 0; i < 20; ++i)
    saver.submit("a file", [&, i] {
      order.push_back(i);
      thread = std::this_thread::get_id();
    });
  saver.wait();
  ASSERT_EQ(order.size(), 20u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_NE(thread, std::this_thread::get_id());
  EXPECT_TRUE(saver.take_failures().empty());
  saver.wait();
}

TEST(Saver, AThirdThatWouldWaitBlocksUntilThereIsRoom) {
  Saver saver;
  Held first;
  saver.submit("1", first.task());
  first.begun.get_future().wait();
  saver.submit("2", [] {});
  saver.submit("3", [] {});
  std::atomic<bool> submitted = false;
  auto third = std::async(std::launch::async, [&] {
    saver.submit("4", [] {});
    submitted = true;
  });
  EXPECT_EQ(third.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_FALSE(submitted);
  first.let_go.set_value();
  third.get();
  saver.wait();
  EXPECT_TRUE(submitted);
}

TEST(Saver, FailuresAreSentencesAndTheNextIsWritten) {
  Saver saver;
  bool written = false;
  saver.submit("checkpoint_epoch_3.pt", [] { throw vits::Error("the disk has 7 bytes free."); });
  saver.submit("best_model", [] { throw std::runtime_error("odd"); });
  saver.submit("voice", [] { throw std::bad_alloc(); });
  saver.submit("voice", [] { throw 7; });
  saver.submit("checkpoint_epoch_4.pt", [&] { written = true; });
  saver.wait();
  EXPECT_TRUE(written);
  const std::string end = " The ones before stay valid; training goes on.";
  EXPECT_EQ(saver.take_failures(),
            (std::vector<std::string>{"checkpoint_epoch_3.pt could not be written: the disk has 7 bytes free." + end,
                                      "best_model could not be written: odd." + end,
                                      "voice could not be written: there is not enough memory." + end,
                                      "voice could not be written: the reason is not known." + end}));
  EXPECT_TRUE(saver.take_failures().empty());
}

TEST(Saver, TheEndWaitsForWhatWasBegun) {
  int written = 0;
  {
    Saver saver;
    for (int i = 0; i < 3; ++i) saver.submit("a file", [&] { ++written; });
  }
  EXPECT_EQ(written, 3);
}

TEST(Saver, HoldsATasksMemoryOnceAndNoLongerThanTheTask) {
  struct Counted {
    Counted() = default;
    Counted(const Counted& other) : copies(other.copies) { ++*copies; }
    Counted(Counted&&) = default;
    std::shared_ptr<int> copies = std::make_shared<int>(0);
  };
  Saver saver;
  Counted counted;
  const auto copies = counted.copies;
  saver.submit("a file", [held = std::move(counted)] {});
  saver.wait();
  EXPECT_EQ(*copies, 0);
  EXPECT_EQ(copies.use_count(), 1);
}

}  // namespace
