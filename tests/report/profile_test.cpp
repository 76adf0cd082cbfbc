// Where a step's time went: sums, shares, the table, and a trace as torch.profiler writes it.
#include "vits/report/profile.h"

#include <gtest/gtest.h>

#include "support/support.h"
#include "vits/base/files.h"
#include "vits/formats/json.h"

namespace vits::report {
namespace {

// Half a second of voice_forward and half of voice_backward a step, with a gap of a second before each.
Profile of_steps(int64_t steps, int64_t traced_steps = 500) {
  Profile profile(traced_steps);
  for (int64_t step = 1; step <= steps; ++step) {
    profile.end_step();
    profile.add("gap", 1.0);
    profile.begin_step(step);
    profile.add(Profile::kDataWait, 0.0);
    profile.add("voice_forward/flow", 0.25);
    profile.add("voice_forward/alignment", 0.125);
    profile.add("voice_forward", 0.125);
    profile.add("voice_backward", 0.5);
  }
  profile.end_step();
  return profile;
}

TEST(Profile, PhasesSumUpToTheStep) {
  const Profile profile = of_steps(4);
  EXPECT_EQ(profile.steps(), 4);
  EXPECT_DOUBLE_EQ(profile.seconds_per_step(), 2.0);
  EXPECT_DOUBLE_EQ(profile.share("voice_forward"), 0.25);
  EXPECT_DOUBLE_EQ(profile.share("voice_forward/flow"), 0.125);
  EXPECT_DOUBLE_EQ(profile.share("gap"), 0.5);
  EXPECT_DOUBLE_EQ(profile.share("unheard_of"), 0.0);
}

TEST(Profile, ValidationsAndCheckpointsAreNoTraining) {
  Profile profile = of_steps(4);
  profile.add(Profile::kOutside, 90.0);
  EXPECT_DOUBLE_EQ(profile.seconds_per_step(), 2.0);
  EXPECT_NE(profile.table().find("Besides: 1 min 30 s for validations"), std::string::npos) << profile.table();
}

TEST(Profile, TableHasTheStepsOrderWithPartsAndTheirRestBelowTheWhole) {
  EXPECT_EQ(of_steps(4).table(),
            "Where the time of 4 steps went, 2000.0 ms each:\n"
            "                                 ms a step      share\n"
            "  gap                              1000.00     50.0 %\n"
            "  data wait                           0.00      0.0 %\n"
            "  voice forward                     500.00     25.0 %\n"
            "    flow                            250.00     12.5 %\n"
            "    alignment                       125.00      6.2 %\n"
            "    the rest                        125.00      6.2 %\n"
            "  voice backward                    500.00     25.0 %\n");
  EXPECT_EQ(Profile().table(), "");
}

// While the discriminators learn alone, a step has fewer phases.
TEST(Profile, APhaseThatComesLaterStandsBehindTheOneItFollows) {
  Profile profile;
  for (int64_t step = 1; step <= 2; ++step) {
    profile.begin_step(step);
    profile.add("discriminators_update", 1.0);
    if (step == 2) profile.add("voice_backward", 1.0);
    profile.add("losses", 1.0);
  }
  const std::string table = profile.table();
  EXPECT_LT(table.find("discriminators update"), table.find("voice backward"));
  EXPECT_LT(table.find("voice backward"), table.find("losses"));
}

TEST(Profile, SummaryNamesTheLargestPhasesAndTheWaitForData) {
  EXPECT_EQ(of_steps(2).summary(),
            "2000.0 ms a step, 50 % gap, 25 % voice forward, 25 % voice backward, 0.00 % waiting for data");
}

TEST(Profile, IntervalsCountTheStepsSinceTheLastOne) {
  Profile profile = of_steps(3);
  const auto figure = [](const Figures& figures, const std::string& name) {
    for (const auto& [key, value] : figures)
      if (key == name) return value;
    return -1.0;
  };
  const Figures first = profile.take_interval();
  EXPECT_DOUBLE_EQ(figure(first, "profile/voice_forward_ms"), 500.0);
  EXPECT_DOUBLE_EQ(figure(first, "profile/voice_forward/flow_ms"), 250.0);
  EXPECT_TRUE(profile.take_interval().empty());
  profile.begin_step(4);
  profile.add("voice_backward", 0.125);
  const Figures second = profile.take_interval();
  EXPECT_DOUBLE_EQ(figure(second, "profile/voice_backward_ms"), 125.0);
  EXPECT_DOUBLE_EQ(figure(second, "profile/voice_forward_ms"), 0.0);
}

TEST(Profile, TraceEndsWithTheStepsItMayHold) {
  const auto events = [](int64_t steps) {
    return formats::Json::parse(of_steps(steps, 3).trace("CPU")).at("traceEvents").size();
  };
  EXPECT_LT(events(2), events(3));
  EXPECT_EQ(events(4), events(1000));
}

TEST(Profile, TraceHasTheFormOfPyTorchsWithPartsInsideTheirWholes) {
  const base::TemporaryFolder folder;
  const auto path = folder.path() / "profile_trace.json";
  base::write_file(path, of_steps(4).trace("CPU, 2 threads"));
  const auto seen = formats::Json::parse(support::run_python("tests/report/read_trace.py", {path.string()}));
  EXPECT_EQ(seen.at("missing_keys"), formats::Json::array());
  EXPECT_EQ(seen.at("torn"), formats::Json::array());
  EXPECT_EQ(seen.at("seconds_of_steps"), 4.0);
  EXPECT_EQ(seen.at("paths").size(), 4u * 7u);
  EXPECT_EQ(seen.at("paths")[3], "step 1 > voice forward > flow");
}

}  // namespace
}  // namespace vits::report
