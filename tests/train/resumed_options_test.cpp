#include "vits/train/resumed_options.h"

#include <gtest/gtest.h>

#include "vits/base/error.h"

namespace {

using vits::Error;
using vits::UsageError;
using vits::train::BudgetOptions;
using vits::train::check_version;
using vits::train::settle_length;

TEST(ResumedOptions, ANewerProgramsStateIsRefused) {
  check_version({{"version", 1}}, "it");
  check_version(vits::formats::Json::object(), "it");
  EXPECT_THROW(check_version({{"version", 2}}, "it"), Error);
}

BudgetOptions preset() {
  BudgetOptions budget;
  budget.max_steps = 100;
  budget.epochs = 3;
  budget.deadline = "09:30";
  return budget;
}

TEST(ResumedOptions, TheLengthThatAFlagGivesTakesThePlaceOfOthers) {
  BudgetOptions budget = preset();
  EXPECT_FALSE(settle_length(budget, {"seed"}));
  EXPECT_EQ(budget.max_steps, 100);
  EXPECT_TRUE(settle_length(budget, {"epochs", "seed"}));
  EXPECT_EQ(budget.max_steps, 0);
  EXPECT_EQ(budget.epochs, 3);
  EXPECT_EQ(budget.deadline, "");
  budget = preset();
  settle_length(budget, {"target_hours"});
  EXPECT_EQ(budget.max_steps, 0);
  EXPECT_EQ(budget.epochs, 0);
  EXPECT_EQ(budget.deadline, "");
}

TEST(ResumedOptions, TwoLengthsAreRefusedUnlessOneIsSwitchedOff) {
  BudgetOptions budget = preset();
  EXPECT_THROW(settle_length(budget, {"epochs", "target_hours"}), UsageError);
  budget.max_steps = 0;
  settle_length(budget, {"max_steps", "epochs"});
  EXPECT_EQ(budget.epochs, 3);
}

}  // namespace
