#include "vits/train/time_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "vits/base/error.h"

namespace {

using namespace vits::train;

// A machine as it really is; what it was measured to be before is the plan's.
struct Machine {
  double step_s = 0.8;
  double jitter = 0.1;         // relative standard deviation of a step
  double slow_share = 0.0;     // so many steps take three times as long
  double changes_at_s = 1e18;  // then everything takes `changes_to` times as long
  double changes_to = 1.0;
  double stalls_at_s = 1e18;  // one step then takes `stall_s` longer
  double stall_s = 0.0;
  int64_t told_every = 1;  // steps after which their mean is told, as when losses are read
};

struct Ending {
  double seconds = 0.0;
  int64_t steps = 0;
  std::vector<std::pair<double, double>> plans;  // when, steps in all as planned then
};

// What the trainer does: asks before each step, validates and saves where it is due unless the end has come.
Ending train(double target_s, const Costs& foretold, const Costs& real, const Machine& machine, uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  double now = 1000.0;
  const double begun = now;
  const auto factor = [&] { return now - begun < machine.changes_at_s ? 1.0 : machine.changes_to; };
  const auto varied = [&](double seconds) { return seconds * factor() * std::max(0.5, 1.0 + 0.03 * normal(random)); };

  TimeBudget budget(target_s, 0.0, foretold);
  budget.start(now);
  Ending ending;
  bool stalled = false;
  double untold_s = 0.0;
  while (int64_t left = budget.steps_left(now)) {
    ending.plans.emplace_back(now - begun, ending.steps + left);
    double step_s = machine.step_s * factor() * std::max(0.3, 1.0 + machine.jitter * normal(random));
    if (uniform(random) < machine.slow_share) step_s *= 3.0;
    if (!stalled && now - begun > machine.stalls_at_s) step_s += machine.stall_s, stalled = true;
    now += step_s;
    untold_s += step_s;
    ++ending.steps;
    if (ending.steps % machine.told_every == 0) {
      for (int64_t step = 0; step < machine.told_every; ++step)
        budget.count_step(untold_s / static_cast<double>(machine.told_every));
      untold_s = 0.0;
    }
    if (real.steps_per_validation > 0 && ending.steps % real.steps_per_validation == 0 && budget.steps_left(now) > 0) {
      const double seconds = varied(real.seconds_per_validation);
      now += seconds;
      budget.count_validation(seconds);
    }
    if (real.steps_per_checkpoint > 0 && ending.steps % real.steps_per_checkpoint == 0 && budget.steps_left(now) > 0) {
      const double seconds = varied(real.seconds_per_checkpoint);
      now += seconds;
      budget.count_checkpoint(seconds);
    }
  }
  now += varied(real.seconds_at_end);
  ending.seconds = now - begun;
  return ending;
}

// A night on an RTX 2070, as told of it: 10 samples a second in batches of 8, 9,480 clips.
Costs night() { return {0.8, 60.0, 2.0, 30.0, 1185, 1185}; }
// Short runs on 8 s steps (a CPU) and on 0.3 s steps.
Costs processor() { return {8.0, 4.0, 0.5, 3.0, 20, 20}; }
Costs quick() { return {0.3, 2.0, 0.1, 2.0, 100, 100}; }

constexpr double kNightSeconds = 9.5 * 3600;

testing::AssertionResult ends_in_time(const Ending& ending, double target_s, double tolerance_s = 0.0) {
  const double early = std::max(0.03 * target_s, tolerance_s);
  if (ending.seconds <= target_s && ending.seconds >= target_s - early) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "ended after " << ending.seconds << " of " << target_s << " s, " << ending.steps
                                     << " steps";
}

TEST(TimeBudget, ANightEndsWithinThreePercentWhateverTheMachineDoes) {
  Machine usual, slow_steps, slower, faster, stalling;
  slow_steps.slow_share = 0.1;
  slower.changes_at_s = faster.changes_at_s = kNightSeconds / 2;
  slower.changes_to = 2.0;
  faster.changes_to = 0.5;
  stalling.stalls_at_s = kNightSeconds / 3;
  stalling.stall_s = 600.0;
  for (const Machine& machine : {usual, slow_steps, slower, faster, stalling})
    EXPECT_TRUE(ends_in_time(train(kNightSeconds, night(), night(), machine), kNightSeconds));
}

TEST(TimeBudget, ANightEndsInTimeAlthoughTheMeasurementBeforeItWasWrong) {
  for (const double error : {0.7, 1.3}) {
    Costs foretold = night();
    foretold.seconds_per_step *= error;
    EXPECT_TRUE(ends_in_time(train(kNightSeconds, foretold, night(), {}), kNightSeconds)) << error;
    // The plan is right after ten minutes: the first validation has been in it from the start.
    const auto plans = train(kNightSeconds, foretold, night(), {}).plans;
    for (const auto& [seconds, steps] : plans)
      ASSERT_TRUE(seconds < 600 || std::abs(steps - plans.back().second) < 0.03 * steps) << seconds;
  }
}

TEST(TimeBudget, ShortRunsOfQuickStepsEndWithinThreePercent) {
  for (const double hours : {0.02, 0.05, 0.2}) {
    const double target_s = hours * 3600;
    Machine usual, slow_steps, slower, faster;
    slow_steps.slow_share = 0.1;
    slower.changes_at_s = faster.changes_at_s = target_s / 2;
    slower.changes_to = 2.0;
    faster.changes_to = 0.5;
    for (Machine machine : {usual, slow_steps, slower, faster}) {
      machine.step_s = 0.3;
      for (uint64_t seed = 1; seed <= 20; ++seed) {
        EXPECT_TRUE(ends_in_time(train(target_s, quick(), quick(), machine, seed), target_s))
            << "seed " << seed << ", slow " << machine.slow_share << ", changes to " << machine.changes_to;
        for (const double error : {0.7, 1.3}) {
          Costs foretold = quick();
          foretold.seconds_per_step *= error;
          EXPECT_TRUE(ends_in_time(train(target_s, foretold, quick(), machine, seed), target_s))
              << "seed " << seed << ", slow " << machine.slow_share << ", changes to " << machine.changes_to
              << ", measured " << error;
        }
      }
    }
  }
}

TEST(TimeBudget, ToldOfStepsOnlyWhenLossesAreReadItIsAsPunctual) {
  for (const double hours : {0.02, 0.05, 0.2}) {
    const double target_s = hours * 3600;
    Machine machine;
    machine.step_s = 0.3;
    machine.told_every = 17;  // five seconds
    for (const double changes_to : {1.0, 2.0, 0.5}) {
      machine.changes_at_s = target_s / 2;
      machine.changes_to = changes_to;
      for (uint64_t seed = 1; seed <= 20; ++seed)
        EXPECT_TRUE(ends_in_time(train(target_s, quick(), quick(), machine, seed), target_s))
            << "seed " << seed << ", changes to " << changes_to;
    }
  }
}

TEST(TimeBudget, ShortRunsOfLongStepsAreNeverLateAndAtMostAStepAndTheReserveEarly) {
  for (const double hours : {0.02, 0.05, 0.2}) {
    const double target_s = hours * 3600;
    Machine usual, slower, faster;
    slower.changes_at_s = faster.changes_at_s = target_s / 2;
    slower.changes_to = 2.0;
    faster.changes_to = 0.5;
    for (Machine machine : {usual, slower, faster}) {
      machine.step_s = 8.0;
      // 72 s end two steps after such a change, before anybody could know that it has come to stay.
      if (hours == 0.02 && machine.changes_to == 2.0) continue;
      for (uint64_t seed = 1; seed <= 20; ++seed) {
        const double step_s = 8.0 * std::max(1.0, machine.changes_to);
        for (const double error : {0.7, 1.0, 1.3}) {
          Costs foretold = processor();
          foretold.seconds_per_step *= error;
          EXPECT_TRUE(ends_in_time(train(target_s, foretold, processor(), machine, seed), target_s, 1.6 * step_s + 5.0))
              << "seed " << seed << ", changes to " << machine.changes_to << ", measured " << error;
        }
      }
    }
  }
}

TEST(TimeBudget, AStepThatTakesThreeTimesAsLongIsReservedForOnceItWasSeen) {
  Machine machine;
  machine.step_s = 8.0;
  machine.slow_share = 0.1;
  for (uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_TRUE(ends_in_time(train(720, processor(), processor(), machine, seed), 720, 1.2 * 24.0 + 5.0)) << seed;
}

TEST(TimeBudget, AChangedSpeedIsFollowedWithinAMinute) {
  for (const double factor : {2.0, 0.5}) {
    Machine machine;
    machine.changes_at_s = 12000;
    machine.changes_to = factor;
    Costs steps_only = night();
    steps_only.steps_per_validation = steps_only.steps_per_checkpoint = 0;
    const auto plans = train(kNightSeconds, steps_only, steps_only, machine).plans;
    const double before = 12000 / 0.8, right = before + (kNightSeconds - 12000 - 30) / (0.8 * factor);
    for (const auto& [seconds, steps] : plans) {
      ASSERT_TRUE(seconds < 12060 || std::abs(steps - right) < 0.05 * right) << seconds;
    }
  }
}

TEST(TimeBudget, OneLongPauseTakesNoMoreStepsThanItsTime) {
  Machine machine;
  machine.stalls_at_s = 12000;
  machine.stall_s = 600;
  Costs steps_only = night();
  steps_only.steps_per_validation = steps_only.steps_per_checkpoint = 0;
  const auto plans = train(kNightSeconds, steps_only, steps_only, machine).plans;
  const double right = (kNightSeconds - 30) / 0.8 - 600 / 0.8;
  for (const auto& [seconds, steps] : plans)
    ASSERT_TRUE(seconds < 12001 || std::abs(steps - right) < 0.05 * right)
        << seconds << " s: " << steps << ", right " << right;
}

TEST(TimeBudget, LessThanAnEpochFits) {
  EXPECT_EQ(steps_that_fit(430, night()), 500);
  const Ending ending = train(430, night(), night(), {});
  EXPECT_TRUE(ends_in_time(ending, 430));
  EXPECT_LT(ending.steps, 1185);
}

TEST(TimeBudget, NotEvenOneStepFits) {
  EXPECT_EQ(steps_that_fit(30.7, night()), 0);
  EXPECT_EQ(steps_that_fit(-5, night()), 0);
  EXPECT_EQ(TimeBudget(30.7, 0.0, night()).steps_left(0.0), 0);
  EXPECT_EQ(TimeBudget(100.0, 99.0, night()).steps_left(0.0), 0);
}

TEST(TimeBudget, CountsEverythingThatARunConsistsOf) {
  // Two whole epochs and a half: the validations inside are two, with a checkpoint each, and then comes the end.
  Costs costs{1.0, 10.0, 2.0, 20.0, 100, 100};
  EXPECT_EQ(steps_that_fit(250 + 24 + 20, costs), 250);
  EXPECT_EQ(steps_that_fit(250 + 24 + 19.9, costs), 249);
  // The validation due with the last step is the one at the end.
  EXPECT_EQ(steps_that_fit(100 + 20, costs), 100);
  EXPECT_EQ(steps_that_fit(101 + 20, costs), 100);
  EXPECT_EQ(steps_that_fit(101 + 12 + 20, costs), 101);
}

TEST(TimeBudget, TheFormerPartsOfARunCount) {
  TimeBudget budget(1000.0, 400.0, {1.0, 0.0, 0.0, 0.0, 0, 0});
  budget.start(77.0);
  EXPECT_DOUBLE_EQ(budget.used_seconds(87.0), 410.0);
  EXPECT_EQ(budget.steps_left(87.0), 587);  // half a percent is held back
}

TEST(TimeBudget, AResumedEpochsValidationIsExpectedWhereItFallsDue) {
  const Costs costs{1.0, 50.0, 0.0, 0.0, 100, 0};
  TimeBudget fresh(100.0, 0.0, costs), resumed(100.0, 0.0, costs);
  fresh.start(0.0);
  resumed.start(0.0, 90);
  EXPECT_EQ(fresh.steps_left(0.0), 99);
  EXPECT_EQ(resumed.steps_left(0.0), 44);  // ten, the validation with its reserve of a tenth, and 34 more
}

TEST(TimeBudget, WhatWasMeasuredIsTold) {
  TimeBudget budget(kNightSeconds, 0.0, night());
  budget.start(0.0);
  for (int step = 0; step < 1000; ++step) budget.count_step(1.1);
  budget.count_validation(80.0);
  budget.count_checkpoint(5.0);
  budget.count_end(44.0);
  const Costs costs = budget.costs();
  EXPECT_NEAR(costs.seconds_per_step, 1.1, 1e-9);
  EXPECT_NEAR(costs.seconds_per_validation, 80.0, 1e-9);
  EXPECT_NEAR(costs.seconds_per_checkpoint, 5.0, 1e-9);
  EXPECT_NEAR(costs.seconds_at_end, 44.0, 1e-9);
  for (int step = 0; step < 1000; ++step) budget.count_step(2.2);
  EXPECT_NEAR(budget.costs().seconds_per_validation, 160.0, 1e-6);
  EXPECT_NEAR(budget.costs().seconds_at_end, 88.0, 1e-6);
}

TEST(TimeBudget, WhatIsMeasuredBeforeTheFirstStepHoldsForTheRealSpeed) {
  TimeBudget budget(kNightSeconds, 0.0, night());
  budget.start(0.0);
  budget.count_end(44.0);
  for (int step = 0; step < 1000; ++step) budget.count_step(1.6);  // twice what was foretold
  EXPECT_NEAR(budget.costs().seconds_at_end, 44.0, 1e-9);
}

// A time zone as POSIX writes it, so that the machine need not know the zones of the world.
class TimeZone {
 public:
  explicit TimeZone(const char* rule) {
    if (const char* before = std::getenv("TZ")) before_ = before, had_ = true;
    setenv("TZ", rule, 1);
    tzset();
  }
  ~TimeZone() {
    had_ ? setenv("TZ", before_.c_str(), 1) : unsetenv("TZ");
    tzset();
  }

 private:
  std::string before_;
  bool had_ = false;
};

// Local time in the zone that is set; `summer` tells the two apart where an hour comes twice.
int64_t at(int year, int month, int day, int hour, int minute, int summer = -1) {
  std::tm time{};
  time.tm_year = year - 1900;
  time.tm_mon = month - 1;
  time.tm_mday = day;
  time.tm_hour = hour;
  time.tm_min = minute;
  time.tm_isdst = summer;
  return std::mktime(&time);
}

TEST(SecondsUntil, IsTheNextOccurrence) {
  const TimeZone zone("UTC0");
  const int64_t evening = at(2026, 11, 22, 23, 0);
  EXPECT_EQ(seconds_until("09:30", evening), 10.5 * 3600);
  EXPECT_EQ(seconds_until("9:30", evening), 10.5 * 3600);
  EXPECT_EQ(seconds_until("23:01", evening), 60);
  EXPECT_EQ(seconds_until("23:00", evening), 24 * 3600);
  EXPECT_EQ(seconds_until("00:00", evening), 3600);
}

TEST(SecondsUntil, KnowsThatClocksAreSet) {
  const TimeZone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(seconds_until("09:30", at(2026, 3, 28, 23, 0)), 9.5 * 3600);    // one hour of the night is left out
  EXPECT_EQ(seconds_until("09:30", at(2026, 10, 24, 23, 0)), 11.5 * 3600);  // one comes twice
  EXPECT_EQ(seconds_until("09:30", at(2026, 7, 1, 23, 0)), 10.5 * 3600);
  // A time that comes twice: the first, and in the hour between, the second.
  EXPECT_EQ(seconds_until("02:30", at(2026, 10, 25, 1, 0)), 1.5 * 3600);
  EXPECT_EQ(seconds_until("02:30", at(2026, 10, 25, 2, 45, 1)), 0.75 * 3600);
  // A time that is left out: within an hour of where it would be, not a day later.
  EXPECT_NEAR(seconds_until("02:30", at(2026, 3, 29, 1, 0)), 1.0 * 3600, 1801);
}

TEST(SecondsUntil, RefusesWhatIsNoTimeOfTheDay) {
  for (const char* nonsense : {"", "9", "24:00", "09:60", "9.30", "-1:30", "09:3", "09:300", " 9:30", "ab:cd", "1:2:3",
                               "0930", "9:30 am", "009:30", ":30"})
    EXPECT_THROW(seconds_until(nonsense, 0), vits::UsageError) << nonsense;
}

}  // namespace
