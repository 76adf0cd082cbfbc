#include "vits/train/guard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>

namespace {

using namespace vits::train;
using vits::formats::Json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// A run as the log shows it: the mel loss falls from `start` to `end`, 15 % of noise on every interval, the
// discriminators near 2.3, and now and then an interval of three times the usual loss.
class Night {
 public:
  double start = 0.6, end = 0.4, noise = 0.15, outliers = 0.01;
  double updates = 50;

  Vitals interval(int64_t number) {
    const double level = end + (start - end) * std::exp(-static_cast<double>(number) / 200.0);
    const double odd = uniform_(random_) < outliers ? 3.0 : 1.0;
    Vitals vitals;
    vitals.step = number * 50;
    vitals.updates = static_cast<int64_t>(updates);
    vitals.mel = level * odd * std::exp(noise * normal_(random_));
    vitals.total = 35 * vitals.mel + 4.0 * std::exp(noise * normal_(random_)) * odd + 6.0;
    vitals.disc = 2.3 * std::exp(0.1 * normal_(random_));
    return vitals;
  }

 private:
  std::mt19937_64 random_{1};
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
};

struct Alarm {
  int64_t interval = -1;
  std::string why;
};

// The first alarm of a night in which `fault` acts from interval 100 on; its argument counts from there.
Alarm alarm_of(Night night, const std::function<void(Vitals&, int64_t)>& fault, int64_t intervals = 400) {
  Guard guard;
  for (int64_t number = 0; number < intervals; ++number) {
    Vitals vitals = night.interval(number);
    if (number >= 100) fault(vitals, number - 100);
    if (const auto why = guard.look(vitals)) return {number - 100, *why};
  }
  return {};
}

TEST(Guard, IsSilentOverTenThousandNoisyIntervals) {
  for (const double noise : {0.02, 0.15, 0.25, 0.4}) {
    Night fine_tuning, from_scratch, new_vocabulary, flat;
    from_scratch.start = 100.0;
    from_scratch.end = 0.5;
    new_vocabulary.start = 5.0;
    flat.start = flat.end = 0.4;
    for (Night night : {fine_tuning, from_scratch, new_vocabulary, flat}) {
      night.noise = noise;
      Guard guard;
      for (int64_t number = 0; number < 10000; ++number) {
        const auto why = guard.look(night.interval(number));
        ASSERT_FALSE(why) << *why << " at " << number << ", noise " << noise << ", from " << night.start;
      }
    }
  }
}

TEST(Guard, IsSilentWhereTheLevelRisesByHalf) {
  // Fresh discriminators make themselves felt, or the rate has reached its peak.
  EXPECT_EQ(alarm_of(
                {}, [](Vitals& vitals, int64_t) { vitals.mel *= 1.4, vitals.total *= 1.5; }, 5000)
                .why,
            "");
}

TEST(Guard, SeesANumberThatIsNoneAtOnce) {
  const auto mel = alarm_of({}, [](Vitals& vitals, int64_t) { vitals.mel = kNan; });
  EXPECT_EQ(mel.interval, 0);
  EXPECT_EQ(mel.why, "the mel loss is NaN");
  EXPECT_EQ(alarm_of({}, [](Vitals& vitals, int64_t) { vitals.total = kInfinite; }).why, "the loss is infinite");
  EXPECT_EQ(alarm_of({}, [](Vitals& vitals, int64_t) { vitals.disc = kNan; }).why, "the discriminators' loss is NaN");
  Vitals first;
  first.total = kNan;
  EXPECT_TRUE(Guard().look(first));
  // Without discriminators their loss says nothing.
  const auto without = [](Vitals& vitals, int64_t) { vitals.adversarial = false, vitals.disc = kNan; };
  EXPECT_EQ(alarm_of({}, without).why, "");
}

TEST(Guard, SeesThatAllUpdatesAreSkipped) {
  const auto all = [](Vitals& vitals, int64_t) { vitals.skipped_updates = vitals.updates; };
  EXPECT_EQ(alarm_of({}, all).interval, 0);
  Night short_intervals;
  short_intervals.updates = 4;
  const auto alarm = alarm_of(short_intervals, all);
  EXPECT_EQ(alarm.interval, 3);
  EXPECT_NE(alarm.why.find("16 updates"), std::string::npos) << alarm.why;
}

TEST(Guard, LetsALossScaleFindItsPlace) {
  Night night;
  night.updates = 1;
  const auto at_first = [](Vitals& vitals, int64_t since) { vitals.skipped_updates = since < 15 ? 1 : 0; };
  EXPECT_EQ(alarm_of(night, at_first).why, "");
  const auto seldom = [](Vitals& vitals, int64_t since) { vitals.skipped_updates = since % 40 == 0 ? 1 : 0; };
  EXPECT_EQ(alarm_of({}, seldom, 5000).why, "");
}

TEST(Guard, SeesSkippedUpdatesAtTheFloorAtOnce) {
  const auto alarm =
      alarm_of({}, [](Vitals& vitals, int64_t) { vitals.skipped_updates = 1, vitals.scale_at_floor = true; });
  EXPECT_EQ(alarm.interval, 0);
  EXPECT_NE(alarm.why.find("1 of 50 updates skipped"), std::string::npos) << alarm.why;
  EXPECT_EQ(alarm_of({}, [](Vitals& vitals, int64_t) { vitals.scale_at_floor = true; }).why, "");
}

TEST(Guard, SeesALossThatJumpsWithinFiveIntervals) {
  const auto mel = alarm_of({}, [](Vitals& vitals, int64_t) { vitals.mel *= 5.0; });
  EXPECT_GE(mel.interval, 3);
  EXPECT_LE(mel.interval, 4);
  EXPECT_NE(mel.why.find("the mel loss is"), std::string::npos) << mel.why;
  const auto total = alarm_of({}, [](Vitals& vitals, int64_t) { vitals.total *= 5.0; });
  EXPECT_GE(total.interval, 3);
  EXPECT_LE(total.interval, 4);
  EXPECT_NE(total.why.find("the loss is"), std::string::npos) << total.why;
}

TEST(Guard, SeesALossThatGrowsExponentially) {
  const auto quickly = alarm_of({}, [](Vitals& vitals, int64_t since) { vitals.mel *= std::pow(1.2, since); });
  EXPECT_GE(quickly.interval, 0);
  EXPECT_LE(quickly.interval, 12);
  // 2 % an interval: the recent past rises with it, the best past does not.
  const auto slowly = alarm_of({}, [](Vitals& vitals, int64_t since) { vitals.mel *= std::pow(1.02, since); });
  EXPECT_GE(slowly.interval, 20);
  EXPECT_LE(slowly.interval, 60);
  EXPECT_NE(slowly.why.find("crept up"), std::string::npos) << slowly.why;
}

TEST(Guard, SeesThatTheDiscriminatorsHaveWon) {
  Night stuck;
  stuck.start = stuck.end = 0.5;
  const auto won = [](Vitals& vitals, int64_t) { vitals.disc = 0.01; };
  const auto alarm = alarm_of(stuck, won);
  EXPECT_TRUE(alarm.interval == 19 || alarm.interval == 39) << alarm.interval;
  EXPECT_NE(alarm.why.find("discriminators have won"), std::string::npos) << alarm.why;
  // Nothing is wrong as long as the voice gets better.
  const auto better = [](Vitals& vitals, int64_t since) { vitals.disc = 0.01, vitals.mel *= std::pow(0.98, since); };
  EXPECT_EQ(alarm_of(stuck, better, 300).why, "");
  const auto close = [](Vitals& vitals, int64_t since) { vitals.disc = since % 10 == 9 ? 0.2 : 0.01; };
  EXPECT_EQ(alarm_of(stuck, close, 5000).why, "");
}

TEST(Guard, HoldsAValidationAgainstTheVoiceBeforeAndTheBestOne) {
  const ValidationVitals before{.mel = 1.2, .kl = 1.8, .duration = 0.4};
  EXPECT_FALSE(Guard::look_at_validation({1.9, 60, 30}, before, 1.0));
  EXPECT_TRUE(Guard::look_at_validation({2.5, 1.8, 0.4}, before, 1.0));
  EXPECT_TRUE(Guard::look_at_validation({0.9, 4.9e21, 0.4}, before, 1.0));
  EXPECT_TRUE(Guard::look_at_validation({0.9, 1.8, 101}, before, 1.0));
  EXPECT_TRUE(Guard::look_at_validation({0.9, std::nan(""), 0.4}, before, 1.0));
}

TEST(Guard, ThreeBadIntervalsAreNoAlarm) {
  const auto three_of_four = [](Vitals& vitals, int64_t since) { vitals.mel *= since % 4 == 0 ? 1.0 : 10.0; };
  Night quiet;
  quiet.outliers = 0.0;
  EXPECT_EQ(alarm_of(quiet, three_of_four, 5000).why, "");
}

TEST(Guard, AStateOfABadIntervalIsNoneToGoBackTo) {
  Night night;
  night.outliers = 0.0;
  Guard guard;
  for (int64_t number = 0; number < 10; ++number) guard.look(night.interval(number));
  EXPECT_TRUE(guard.healthy());
  Vitals bad = night.interval(10);
  bad.mel *= 10.0;
  guard.look(bad);
  EXPECT_FALSE(guard.healthy());
  guard.look(night.interval(11));
  EXPECT_TRUE(guard.healthy());
  Vitals skipped = night.interval(12);
  skipped.skipped_updates = skipped.updates = 3;
  guard.look(skipped);
  EXPECT_FALSE(guard.healthy());
}

TEST(Guard, AllowsThreeRollbacksAndForgetsThePastWithEach) {
  Guard guard;
  Night night;
  for (int64_t number = 0; number < 50; ++number) ASSERT_FALSE(guard.look(night.interval(number)));
  EXPECT_TRUE(guard.may_roll_back());
  EXPECT_EQ(guard.rollbacks(), 1);
  for (int64_t number = 0; number < 50; ++number) {  // ten times the former level is its own past now
    Vitals vitals = night.interval(number);
    vitals.mel *= 10.0;
    vitals.total *= 10.0;
    ASSERT_FALSE(guard.look(vitals)) << number;
  }
  EXPECT_TRUE(guard.may_roll_back());
  EXPECT_TRUE(guard.may_roll_back());
  EXPECT_FALSE(guard.may_roll_back());
  EXPECT_EQ(guard.rollbacks(), 3);

  Guard of_earlier_version = Json{{"rollbacks", 2}, {"step", 7}};
  EXPECT_TRUE(of_earlier_version.may_roll_back());
  EXPECT_FALSE(of_earlier_version.may_roll_back());
}

TEST(Guard, RemembersAllOfItsPastInACheckpoint) {
  Night night;
  Guard whole;
  ASSERT_TRUE(whole.may_roll_back());
  for (int64_t number = 0; number < 60; ++number) {
    // Restored at any time, in good and bad intervals alike, it judges as the one that was never saved.
    Guard resumed = Json::parse(Json(whole).dump());
    EXPECT_EQ(Json(resumed), Json(whole)) << number;
    EXPECT_EQ(resumed.healthy(), whole.healthy()) << number;
    Guard original = whole;
    for (int64_t after = number; after < number + 30; ++after) {
      Vitals vitals = night.interval(after);
      if (after > number + 20) vitals.mel *= 10.0, vitals.total *= 10.0;
      EXPECT_EQ(resumed.look(vitals), original.look(vitals)) << number << " " << after;
    }
    Vitals vitals = night.interval(number);
    if (number % 7 == 3) vitals.mel *= 10.0;
    if (number % 5 == 2) vitals.disc = 0.01;
    if (number % 11 == 4) vitals.skipped_updates = vitals.updates;
    whole.look(vitals);
  }
}

}  // namespace
