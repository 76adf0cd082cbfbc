#include "vits/report/run_report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <sstream>

#include "standard_error.h"
#include "support/support.h"
#include "terminal_line.h"
#include "vits/base/files.h"
#include "vits/formats/json.h"
#include "vits/report/log.h"

namespace {

using namespace vits::report;
using vits::base::read_file;
using vits::base::TemporaryFolder;
using vits::formats::Json;
namespace fs = std::filesystem;

StepReport report_at(int64_t step, double mel = 17.25) {
  StepReport report;
  report.place = {step, 12 * 5267, 1 + (step - 1) / 5267, 1 + (step - 1) % 5267, 5267};
  report.losses = {{"total", 28.41}, {"mel", mel}, {"kl", 1.9}, {"duration", 1.6}};
  report.more = {{"grad_norm_gen", 3.5}, {"grad_norm_disc", 0.25}, {"loss_scale", 65536}};
  report.learning_rate = 1.9e-5;
  report.samples_per_second = 12.44;
  report.data_wait_share = 0.002;
  report.device_bytes_used = 3100000000;
  report.device_bytes_total = 8000000000;
  report.memory_level = "low";
  report.process_bytes = 5200000000;
  report.epoch_eta_seconds = 1265;
  report.run_eta_seconds = 22340;
  report.elapsed_seconds = 61.5;
  return report;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<Json> metrics_in(const fs::path& folder) {
  std::vector<Json> metrics;
  for (const auto& line : lines_of(read_file(folder / "metrics.jsonl")))
    metrics.push_back(vits::formats::parse_json(line, "metrics.jsonl"));
  return metrics;
}

std::vector<int64_t> steps_in(const fs::path& folder) {
  std::vector<int64_t> steps;
  for (const auto& line : metrics_in(folder)) steps.push_back(line["step"]);
  return steps;
}

Json tensorboard_in(const fs::path& folder) {
  return vits::formats::parse_json(vits::support::run_python("tests/formats/read_events.py", {folder.string()}),
                                   "events");
}

int64_t count_of(const std::string& text, const std::string& part) {
  int64_t count = 0;
  for (size_t place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++count;
  return count;
}

TEST(RunReport, OnATerminalRewritesOneLineAndLogLinesStandAboveIt) {
  const TemporaryFolder folder;
  const auto screen = seen_before_the_end(150, [&] {
    RunReport report(folder.path(), 0);
    report.step(report_at(400));
    report.live(report_at(401));
    report.info("a checkpoint was saved");
    warn("data", "clip {} is too long", 7);
    for (int64_t step = 402; step <= 412; ++step) report.step(report_at(step));
  });
  EXPECT_EQ(screen, (std::vector<std::string>{
                        "[train] a checkpoint was saved", "[data] warning: clip 7 is too long",
                        "epoch 1/12  412/5,267  loss 28.41 (mel 17.2 kl 1.9 dur 1.6)  lr 1.9e-05  12.4/s  "
                        "VRAM 3.1/8.0 GB (low)  wait 0.2 %  epoch 21 min 05 s  all 6 h 12 min"}));
}

TEST(RunReport, OnATerminalTheLastStepStaysAboveWhatIsSaidAfterIt) {
  const TemporaryFolder folder;
  const auto screen = seen_after(60, [&] {
    RunReport report(folder.path(), 0);
    for (int64_t step = 9; step <= 10; ++step) {
      StepReport last = report_at(step);
      last.place.steps = 10;
      report.step(last);
      std::this_thread::sleep_for(std::chrono::milliseconds(120));
      report.live(last);
    }
    report.info("done");
  });
  EXPECT_EQ(screen,
            (std::vector<std::string>{"epoch 1/1  10/5,267  loss 28.41  12.4/s  all 6 h 12 min", "[train] done", ""}));
}

TEST(RunReport, LiveLineFitsEveryTerminalAndDropsWhatMattersLeast) {
  std::string before = std::string(200, 'x');
  for (const size_t columns : {160, 130, 100, 80, 60, 40, 25}) {
    const TemporaryFolder folder;
    const auto screen = seen_before_the_end(columns, [&] {
      RunReport report(folder.path(), 0);
      for (int64_t step = 400; step <= 412; ++step) report.step(report_at(step));
    });
    ASSERT_EQ(screen.size(), 1u) << columns << " columns: a line was broken or stayed";
    EXPECT_LT(screen[0].size(), columns);
    EXPECT_LE(screen[0].size(), before.size());
    EXPECT_EQ(screen[0].find("epoch 1/12"), 0u);
    before = screen[0];
  }
  EXPECT_EQ(before, "epoch 1/12  loss 28.41");
}

TEST(RunReport, LiveShowsTheNewestLossesWhereItIsGivenNone) {
  const TemporaryFolder folder;
  const auto screen = seen_before_the_end(150, [&] {
    RunReport report(folder.path(), 0);
    report.step(report_at(400));
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    StepReport bare = report_at(401);
    bare.losses.clear();
    report.live(bare);
  });
  EXPECT_EQ(screen[0].find("epoch 1/12  401/5,267  loss 28.41 (mel 17.2"), 0u) << screen[0];
}

TEST(RunReport, ElsewherePrintsPlainLinesForTheFirstAndTheLastStepAndNoneBetween) {
  const TemporaryFolder folder;
  const std::string printed = printed_by([&] {
    RunReport report(folder.path(), 0);
    for (int64_t step = 1; step <= 50; ++step) {
      report.step(report_at(step));
      report.live(report_at(step));
    }
  });
  const auto lines = lines_of(printed);
  ASSERT_EQ(lines.size(), 2u) << printed;
  EXPECT_EQ(lines[0].find("[train] epoch 1/12  1/5,267  loss 28.41"), 0u);
  EXPECT_EQ(lines[1].find("[train] epoch 1/12  50/5,267  loss 28.41"), 0u);
  EXPECT_EQ(printed.find('\r'), std::string::npos);
}

TEST(RunReport, TrainLogHoldsWhatEveryRoomSaysWithItsTime) {
  const TemporaryFolder folder;
  for (const int64_t start : {0, 2}) {
    printed_by([&] {
      RunReport report(folder.path(), start);
      report.step(report_at(start + 1));
      report.validation(report_at(start + 2).place, {{"mel", 18.5}, {"total", 30.125}}, 12.34);
      info("data", "{} clips", 12);
      report.warn("too warm");
      if (start == 2) report.info("Voice  kim\nData   12 clips\n");
    });
    info("data", "after its end");
  }
  const auto lines = lines_of(read_file(folder.path() / "train.log"));
  ASSERT_EQ(lines.size(), 10u);
  const std::regex stamped(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d (.*))");
  std::vector<std::string> said;
  for (const auto& line : lines) {
    std::smatch found;
    ASSERT_TRUE(std::regex_match(line, found, stamped)) << line;
    said.push_back(found[1]);
  }
  EXPECT_EQ(said[0].find("[train] epoch 1/12  1/5,267"), 0u);
  EXPECT_EQ(said[1], "[train] validation at step 2 (epoch 1): total 30.12, mel 18.5; it took 12.3 s");
  EXPECT_EQ(said[2], "[data] 12 clips");
  EXPECT_EQ(said[3], "[train] warning: too warm");
  EXPECT_EQ(said[8], "[train] Voice  kim");
  EXPECT_EQ(said[9], "[train] Data   12 clips");
  EXPECT_EQ(said[5], "[train] validation at step 4 (epoch 1): total 30.12, mel 18.5; it took 12.3 s");
}

TEST(RunReport, MetricsAreFlatJsonAndStayJsonWhenALossIsNotANumber) {
  const TemporaryFolder folder;
  printed_by([&] {
    RunReport report(folder.path(), 0);
    report.step(report_at(10));
    report.step(report_at(20, NAN));
    report.validation(report_at(20).place, {{"mel", 18.5}, {"kl", INFINITY}}, 1.5);
  });
  const auto metrics = metrics_in(folder.path());
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics[0], Json::parse(R"({"step": 10, "epoch": 1, "elapsed_seconds": 61.5, "train/total": 28.41,
      "train/mel": 17.25, "train/kl": 1.9, "train/duration": 1.6, "learning_rate": 1.9e-5, "grad_norm/gen": 3.5,
      "grad_norm/disc": 0.25, "loss_scale": 65536.0, "speed/samples_per_second": 12.44, "speed/data_wait_share": 0.002,
      "memory/device_gb": 3.1, "memory/process_gb": 5.2})"));
  EXPECT_TRUE(metrics[1]["train/mel"].is_null());
  EXPECT_EQ(metrics[1]["not_finite"], "train/mel nan");
  EXPECT_EQ(metrics[2], Json::parse(R"({"step": 20, "epoch": 1, "validation/mel": 18.5, "validation/kl": null,
      "speed/validation_seconds": 1.5, "not_finite": "validation/kl inf"})"));
}

TEST(RunReport, ARunThatIsContinuedDropsTheLinesAfterItsStepAndATornOne) {
  const TemporaryFolder folder;
  printed_by([&] {
    RunReport report(folder.path(), 0);
    for (int64_t step = 10; step <= 50; step += 10) report.step(report_at(step));
  });
  const std::string whole = read_file(folder.path() / "metrics.jsonl");
  vits::base::write_file(folder.path() / "metrics.jsonl", whole + whole.substr(0, 40));
  printed_by([&] {
    RunReport report(folder.path(), 30);
    report.step(report_at(35, 5.0));
  });
  EXPECT_EQ(steps_in(folder.path()), (std::vector<int64_t>{10, 20, 30, 35}));
  EXPECT_EQ(metrics_in(folder.path())[3]["train/mel"], 5.0);
}

TEST(RunReport, TensorBoardShowsEveryCurveOfAContinuedRunOnce) {
  const TemporaryFolder folder;
  printed_by([&] {
    RunReport report(folder.path(), 0);
    for (int64_t step = 10; step <= 50; step += 10) report.step(report_at(step));
    report.validation(report_at(30).place, {{"mel", 20.5}}, 12.0);
    report.validation(report_at(50).place, {{"mel", 19.5}}, 12.0);
  });
  const std::vector<float> sound{0.0f, 0.5f, -1.0f, NAN};
  printed_by([&] {
    RunReport report(folder.path(), 30);
    for (int64_t step = 40; step <= 60; step += 10) report.step(report_at(step, 5.0));
    report.image(60, "alignment/1", {2, 3, {0, 0.5, 1, 1, 1, 0}});
    report.sound(60, "sentence/1", sound, 22050);
    report.text(0, "options", "learning_rate 2e-5");
  });
  const Json read = tensorboard_in(folder.path());
  EXPECT_EQ(read["scalars"]["train/mel"],
            Json::parse(R"([[10, "17.25"], [20, "17.25"], [30, "17.25"], [40, "5.0"], [50, "5.0"], [60, "5.0"]])"));
  EXPECT_EQ(read["scalars"]["validation/mel"], Json::parse(R"([[30, "20.5"]])"));
  for (const char* tag : {"train/total", "train/kl", "train/duration", "learning_rate", "grad_norm/gen",
                          "grad_norm/disc", "loss_scale", "speed/samples_per_second", "memory/device_gb"})
    EXPECT_EQ(read["scalars"][tag].size(), 6u) << tag;
  EXPECT_EQ(read["images"]["alignment/1"][0][1], 24);  // scaled up eight times
  EXPECT_EQ(read["audio"]["sentence/1"][0], Json::parse(R"([60, 22050.0, "0000004001800000"])"));
  EXPECT_EQ(read["texts"]["options"], Json::parse(R"([[0, "learning_rate 2e-5"]])"));
}

TEST(RunReport, ARunThatIsTakenBackTakesItsCurvesWithIt) {
  const TemporaryFolder folder;
  printed_by([&] {
    RunReport report(folder.path(), 0);
    for (const int64_t step : {10, 20, 30, 40}) report.step(report_at(step));
    report.validation(report_at(40).place, {{"mel", 90.5}}, 12.0);
    for (const int64_t step : {30, 40, 50}) report.step(report_at(step, 5.0));
  });
  const Json read = tensorboard_in(folder.path());
  EXPECT_EQ(read["scalars"]["train/mel"],
            Json::parse(R"([[10, "17.25"], [20, "17.25"], [30, "5.0"], [40, "5.0"], [50, "5.0"]])"));
  EXPECT_EQ(read["scalars"].value("validation/mel", Json::array()), Json::array());
}

TEST(RunReport, AFileThatCannotBeWrittenIsSaidOnceAndMadeUpForLater) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "train.log");
  const std::string printed = printed_by([&] {
    RunReport report(folder.path(), 0);
    for (int64_t step = 1; step <= 5; ++step) report.step(report_at(step));
    report.info("still here");
    fs::remove(folder.path() / "train.log");
    report.flush();
  });
  EXPECT_EQ(count_of(printed, "Training goes on."), 1) << printed;
  EXPECT_EQ(count_of(printed, "train.log: Is a directory"), 1) << printed;
  EXPECT_EQ(count_of(printed, "can be written again; nothing of them is lost"), 1) << printed;
  const std::string log = read_file(folder.path() / "train.log");
  EXPECT_EQ(count_of(log, "1/5,267"), 1);
  EXPECT_EQ(count_of(log, "still here"), 1);
  EXPECT_EQ(steps_in(folder.path()).size(), 5u);
}

TEST(RunReport, WhatCannotBeDrawnOrHeardEndsNothing) {
  const TemporaryFolder folder;
  const std::string printed = printed_by([&] {
    RunReport report(folder.path() / "deep" / "er", 0);
    report.image(1, "alignment", {2, 3, {1.0f}});
    report.sound(1, "sentence", {}, 0);
    report.step(report_at(1));
  });
  EXPECT_EQ(count_of(printed, "could not be reported"), 1) << printed;
  EXPECT_EQ(steps_in(folder.path() / "deep" / "er").size(), 1u);
}

}  // namespace
