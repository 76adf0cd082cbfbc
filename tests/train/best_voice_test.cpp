#include "best_voice.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vits::train {
namespace {

TEST(BestVoice, RemembersTheSmallestLossAndCountsTheOthers) {
  BestVoice best;
  EXPECT_EQ(best.step(), -1);
  EXPECT_TRUE(best.count(2.0, 10, 1));
  EXPECT_FALSE(best.count(2.0, 20, 2));
  EXPECT_FALSE(best.count(std::nan(""), 30, 3));
  EXPECT_EQ(best.without_gain(), 2);
  EXPECT_TRUE(best.count(1.5, 40, 4));
  EXPECT_EQ(best.without_gain(), 0);
  EXPECT_EQ(best.step(), 40);
  EXPECT_EQ(best.value(), 1.5);
}

TEST(BestVoice, SaysOnceThatItLearnsByHeart) {
  BestVoice best;
  EXPECT_FALSE(best.overfitting_words(1.0, 0.9));
  EXPECT_FALSE(best.overfitting_words(1.1, 0.8));
  EXPECT_FALSE(best.overfitting_words(1.2, 0.7));
  EXPECT_TRUE(best.overfitting_words(1.3, 0.6));
  EXPECT_FALSE(best.overfitting_words(1.4, 0.5));
}

TEST(BestVoice, DoesNotSaySoWhileTheTrainingLossRisesToo) {
  BestVoice best;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(best.overfitting_words(1.0 + 0.1 * i, 0.5 + 0.1 * i));
}

TEST(BestVoice, GoesOnFromItsJson) {
  BestVoice best;
  best.count(2.0, 10, 1);
  best.count(3.0, 20, 2);
  best.count_training(5.0);
  best.count_training(7.0);
  BestVoice again = formats::Json(best).get<BestVoice>();
  EXPECT_EQ(formats::Json(again), formats::Json(best));
  EXPECT_EQ(again.take_training_mean(), 6.0);
  EXPECT_EQ(again.take_training_mean(), 6.0);
}

}  // namespace
}  // namespace vits::train
