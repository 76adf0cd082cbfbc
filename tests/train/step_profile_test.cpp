// --profile's marks: what lies between two of them, by a clock that the test moves.
#include "step_profile.h"

#include <gtest/gtest.h>

namespace vits::train {
namespace {

class ProfileOfSteps : public testing::Test {
 protected:
  ProfileOfSteps() {
    profile.begin(moments_by([this] { return now; }));
  }

  void pass(double seconds, const char* phase) {
    now += seconds;
    profile.mark(phase);
  }

  // A second and a half, half a second of it between it and the step before.
  void step(int64_t number, double waited) {
    now += 0.5;
    profile.begin_step(number);
    now += 0.25;
    profile.mark_batch(waited);
    pass(0.25, "voice_forward/flow");
    pass(0.125, "voice_forward");
    pass(0.375, "voice_backward");
  }

  double now = 1000.0;
  StepProfile profile;
};

TEST_F(ProfileOfSteps, PhasesSumUpToWhatTheClockSays) {
  for (int64_t number = 1; number <= 10; ++number) step(number, 0.125);
  const report::Profile& figures = profile.figures();
  EXPECT_EQ(figures.steps(), 10);
  EXPECT_DOUBLE_EQ(figures.seconds_per_step(), (now - 1000.0) / 10);
  EXPECT_DOUBLE_EQ(figures.share("gap"), 0.5 / 1.5);
  EXPECT_DOUBLE_EQ(figures.share("voice_forward"), 0.375 / 1.5);
  EXPECT_DOUBLE_EQ(figures.share("voice_forward/flow"), 0.25 / 1.5);
}

TEST_F(ProfileOfSteps, TheTimeToTheBatchIsWaitingAndItsWayToTheDevice) {
  step(1, 0.125);
  const report::Profile& figures = profile.figures();
  EXPECT_DOUBLE_EQ(figures.share(report::Profile::kDataWait), 0.125 / 1.5);
  EXPECT_DOUBLE_EQ(figures.share("transfer"), 0.125 / 1.5);
}

// A card still works on the step before while the host stands.
TEST_F(ProfileOfSteps, NoMoreIsWaitingThanTheDeviceStoodStill) {
  step(1, 9.0);
  const report::Profile& figures = profile.figures();
  EXPECT_DOUBLE_EQ(figures.share(report::Profile::kDataWait), 0.25 / 1.5);
  EXPECT_DOUBLE_EQ(figures.share("transfer"), 0.0);
}

TEST_F(ProfileOfSteps, ValidationsAndCheckpointsAreLeftOut) {
  step(1, 0.0);
  {
    const auto outside = profile.outside();
    now += 100.0;
  }
  step(2, 0.0);
  EXPECT_DOUBLE_EQ(profile.figures().seconds_per_step(), 1.5);
}

TEST_F(ProfileOfSteps, MarksThatTheDeviceHasNotPassedAreReadLater) {
  struct Slow : Moments {
    void take() override { ++asked_for; }
    std::vector<double> passed() override { return std::vector<double>(std::exchange(ready, 0), 1.0); }
    size_t asked_for = 0, ready = 0;
  };
  auto moments = std::make_unique<Slow>();
  Slow& slow = *moments;
  StepProfile of_card;
  of_card.begin(std::move(moments));
  of_card.begin_step(1);
  of_card.mark("voice_forward");
  of_card.mark("voice_backward");
  EXPECT_EQ(slow.asked_for, 4u);
  EXPECT_EQ(of_card.figures().steps(), 0);
  slow.ready = 3;
  EXPECT_EQ(of_card.figures().steps(), 1);
  EXPECT_GT(of_card.figures().share("voice_forward"), 0.0);
  EXPECT_EQ(of_card.figures().share("voice_backward"), 0.0);
  slow.ready = 1;
  EXPECT_GT(of_card.figures().share("voice_backward"), 0.0);
}

TEST_F(ProfileOfSteps, WhatComesAfterItsEndIsNotCounted) {
  step(1, 0.0);
  profile.end();
  pass(100.0, "gap");
  EXPECT_FALSE(profile.is_on());
  EXPECT_DOUBLE_EQ(profile.figures().seconds_per_step(), 1.5);
}

TEST(StepProfile, OffItTakesNoMoment) {
  StepProfile profile;
  profile.begin_step(1);
  profile.mark("voice_forward");
  profile.mark_batch(1.0);
  { const auto outside = profile.outside(); }
  profile.marks()("voice_backward");
  EXPECT_FALSE(profile.is_on());
  EXPECT_EQ(profile.figures().steps(), 0);
}

}  // namespace
}  // namespace vits::train
