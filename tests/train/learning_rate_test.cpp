#include "vits/train/learning_rate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace vits::train;

ScheduleOptions options(const std::string& schedule, int64_t warmup_steps = 0) {
  ScheduleOptions options;
  options.learning_rate = 2e-4;
  options.warmup_steps = warmup_steps;
  options.schedule = schedule;
  return options;
}

std::vector<double> rates(LearningRate& schedule, int64_t steps) {
  std::vector<double> result;
  for (int64_t step = 0; step < steps; ++step) {
    result.push_back(schedule.now());
    schedule.count_step();
  }
  return result;
}

// The largest change from one step to the next.
double steepest(const std::vector<double>& rates) {
  double largest = 0.0;
  for (size_t step = 1; step < rates.size(); ++step)
    largest = std::max(largest, std::abs(rates[step] - rates[step - 1]));
  return largest;
}

double cosine(double phase) { return 0.5 * (1.0 + std::cos(std::numbers::pi * phase)); }

TEST(LearningRate, EqualsThePlainFormulaWhenThePlanStays) {
  LearningRate schedule(options("cosine", 50), 1000, 100);
  for (int step = 0; step < 1000; ++step) {
    const double expected = step < 50 ? (step + 1) / 51.0 : cosine((step - 50) / 950.0);
    ASSERT_NEAR(schedule.now(), 2e-4 * expected, 2e-4 * 1e-10) << "step " << step;
    schedule.count_step();
    schedule.plan(999 - step);
  }
  EXPECT_DOUBLE_EQ(schedule.now(), 0.0);
  EXPECT_DOUBLE_EQ(schedule.phase(), 1.0);
}

TEST(LearningRate, WarmUpTakesAtMostATenthOfTheRun) {
  LearningRate schedule(options("cosine", 500), 1000, 100);
  const auto made = rates(schedule, 1000);
  EXPECT_EQ(std::max_element(made.begin(), made.end()) - made.begin(), 100);
  EXPECT_DOUBLE_EQ(made[100], 2e-4);
}

TEST(LearningRate, TheLastStepOfACosineIsCloseToZero) {
  LearningRate schedule(options("cosine"), 1000, 100);
  const auto made = rates(schedule, 1000);
  EXPECT_DOUBLE_EQ(made.front(), 2e-4);
  EXPECT_LT(made.back(), 2e-4 * 1e-5);
  EXPECT_GT(made.back(), 0.0);
}

TEST(LearningRate, NeverJumpsWhenStepsAreAddedOrDropped) {
  LearningRate undisturbed(options("cosine", 50), 1000, 100);
  const double ordinary = steepest(rates(undisturbed, 1000));
  for (const double factor : {0.5, 2.0, 1.1}) {
    for (const int64_t moment : {51, 200, 500, 900}) {
      LearningRate schedule(options("cosine", 50), 1000, 100);
      auto made = rates(schedule, moment);
      const auto left = static_cast<int64_t>(factor * static_cast<double>(schedule.steps_left()));
      schedule.plan(left);
      made.push_back(schedule.now());
      EXPECT_LE(std::abs(made[moment] - made[moment - 1]), ordinary) << factor << " at " << moment;
      made.pop_back();
      const auto rest = rates(schedule, left);
      made.insert(made.end(), rest.begin(), rest.end());
      // Half the steps fall twice as fast.
      EXPECT_LE(steepest(made), ordinary * std::max(1.0, 1.0 / factor) * 1.001) << factor << " at " << moment;
      EXPECT_DOUBLE_EQ(schedule.now(), 0.0) << factor << " at " << moment;
    }
  }
}

TEST(LearningRate, WarmUpIsLaidAnewWithThePlan) {
  // More steps: the rise that had been shortened to a tenth of the run gets the length that was asked for.
  LearningRate longer(options("cosine", 500), 1000, 100);
  const auto before = rates(longer, 50);
  longer.plan(9950);
  const auto after = rates(longer, 9950);
  EXPECT_NEAR(after.front() - before.back(), 2e-4 / 101.0, 2e-4 * 1e-9);  // still a step of the old slope
  EXPECT_EQ(std::max_element(after.begin(), after.end()) - after.begin(), 450);
  EXPECT_DOUBLE_EQ(longer.now(), 0.0);

  // Fewer: the rise should be over, so it takes a tenth of what is left; the peak is reached all the same.
  LearningRate shorter(options("cosine", 500), 10000, 100);
  rates(shorter, 300);
  shorter.plan(200);
  const auto rest = rates(shorter, 200);
  EXPECT_EQ(std::max_element(rest.begin(), rest.end()) - rest.begin(), 20);
  EXPECT_DOUBLE_EQ(*std::max_element(rest.begin(), rest.end()), 2e-4);
  EXPECT_LE(steepest({rest.begin(), rest.begin() + 21}), 2e-4 * 0.4 / 20 * 1.01);
  EXPECT_DOUBLE_EQ(shorter.now(), 0.0);
}

TEST(LearningRate, RestartsAreEqualFallsInPhase) {
  for (const auto& [falls, steps_a_fall] : {std::pair{4, 250}, {3, 22}, {3, 23}, {1, 100}}) {
    auto restarting = options("cosine_restarts");
    restarting.restarts = falls;
    const int steps = falls * steps_a_fall;
    LearningRate schedule(restarting, steps, 100);
    for (int step = 0; step < steps; ++step) {
      const double expected = cosine(static_cast<double>(step % steps_a_fall) / steps_a_fall);
      ASSERT_NEAR(schedule.now(), 2e-4 * expected, 2e-4 * 1e-7) << "step " << step << " of " << steps;
      schedule.count_step();
    }
    EXPECT_DOUBLE_EQ(schedule.now(), 0.0);
  }
}

TEST(LearningRate, ExponentialFallsByWholeEpochs) {
  LearningRate schedule(options("exponential"), 1000, 100);
  for (int step = 0; step < 1000; ++step) {
    ASSERT_DOUBLE_EQ(schedule.now(), 2e-4 * std::pow(0.999875, step / 100)) << "step " << step;
    schedule.count_step();
    if (step == 500) schedule.plan(4000);  // says nothing to it
  }
}

TEST(LearningRate, ConstantStays) {
  LearningRate schedule(options("constant", 10), 100, 10);
  const auto made = rates(schedule, 100);
  for (size_t step = 10; step < made.size(); ++step) EXPECT_DOUBLE_EQ(made[step], 2e-4);
  EXPECT_NEAR(made[0], 2e-4 / 11, 1e-12);
}

TEST(LearningRate, AScaleLowersEverythingFromThenOn) {
  LearningRate whole(options("cosine", 50), 1000, 100), halved(options("cosine", 50), 1000, 100);
  rates(whole, 400);
  rates(halved, 400);
  halved.scale(0.5);
  for (int step = 0; step < 600; ++step) {
    ASSERT_DOUBLE_EQ(halved.now(), 0.5 * whole.now());
    halved.count_step();
    whole.count_step();
  }
}

TEST(LearningRate, ItsStateGoesOnBitForBit) {
  for (const int64_t moment : {0, 7, 99, 100, 555, 999}) {
    LearningRate left_alone(options("cosine", 100), 1000, 100);
    rates(left_alone, moment);
    left_alone.scale(0.5);
    left_alone.plan(1234);
    LearningRate resumed(options("cosine", 100), 17, 100);
    resumed.restore(left_alone.state());
    for (int step = 0; step < 1234; ++step) {
      if (step == 10) left_alone.plan(900), resumed.plan(900);
      ASSERT_EQ(left_alone.now(), resumed.now()) << "step " << step << " after " << moment;
      left_alone.count_step();
      resumed.count_step();
    }
  }
}

TEST(LearningRate, ARunOfOneStepTrainsAtThePeak) {
  LearningRate schedule(options("cosine", 500), 1, 100);
  EXPECT_DOUBLE_EQ(schedule.now(), 2e-4);
  schedule.count_step();
  EXPECT_EQ(schedule.steps_left(), 0);
  EXPECT_DOUBLE_EQ(schedule.now(), 0.0);
}

}  // namespace
