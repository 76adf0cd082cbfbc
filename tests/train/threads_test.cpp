// How many threads the tests of this room compute with: one. Networks this small are learned no faster by two, and
// oneDNN's threads wait for each other by spinning: with other programs at work a step took three times the processor
// time and up to ten times as long.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "small_learner.h"
#include "support/threads.h"

namespace vits::train {
namespace {

using namespace train_tests;

class OneThread : public testing::Environment {
 public:
  void SetUp() override { at::set_num_threads(1); }
};
const testing::Environment* const kOneThread = testing::AddGlobalTestEnvironment(new OneThread);

TEST(Learner, LearnsByTwoThreadsWhatItLearnsByOne) {
  ASSERT_EQ(at::get_num_threads(), 1);
  SmallLearner by_one, by_two;
  by_one.learn({});
  {
    const support::Threads two(2);
    by_two.learn({});
  }
  EXPECT_LT(worst_difference(by_two.gradients(), by_one.gradients()), kRounding);
  expect_same_losses(by_two.learner.take_losses(), by_one.learner.take_losses());
}

}  // namespace
}  // namespace vits::train
