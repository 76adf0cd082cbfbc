#include "vits/report/wandb.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <sstream>
#include <thread>

#include "standard_error.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"
#include "vits/formats/json.h"
#include "vits/report/run_report.h"

namespace {

using namespace vits::report;
using vits::base::read_file;
using vits::base::TemporaryFolder;
using vits::formats::Json;
using vits::support::source_folder;
namespace fs = std::filesystem;

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

StepReport short_report(int64_t step, double mel) {
  StepReport report;
  report.place = {step, 100, 1, step, 100};
  report.losses = {{"mel", mel}};
  return report;
}

std::vector<Json> json_lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<Json> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::vector<std::pair<int64_t, double>> logged_mels(const std::vector<Json>& lines) {
  std::vector<std::pair<int64_t, double>> mels;
  for (const auto& line : lines)
    if (line.contains("log") && line["log"].contains("train/mel"))
      mels.emplace_back(line["log"]["step"].get<int64_t>(), line["log"]["train/mel"].get<double>());
  return mels;
}

std::string python() {
  const char* given = ::getenv("VITS_PYTHON");
  return given && *given ? given : (source_folder() / ".env/python/bin/python").string();
}

TEST(WandbFollower, PassesEveryLineOnOnceAlsoOfARunThatIsContinued) {
  const TemporaryFolder folder;
  const fs::path told = folder.path() / "told";
  const Environment module("PYTHONPATH", (source_folder() / "tests/report/fake_wandb").string());
  const Environment file("FAKE_WANDB", told.string());
  const std::vector<std::string> command{python(),
                                         (source_folder() / "scripts/wandb_follow.py").string(),
                                         folder.path().string(),
                                         "--project",
                                         "kim",
                                         "--every",
                                         "0.02"};
  vits::base::write_file(folder.path() / "options.json", R"({"learning_rate": 0.5})");
  const std::string printed = printed_by([&] {
    {
      const WandbFollower follower(folder.path(), command);
      RunReport report(folder.path(), 0);
      report.step(short_report(10, 1.0));
      for (int look = 0; look < 1000 && !fs::exists(told); ++look)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      report.step(short_report(20, 2.0));
      report.validation(short_report(20, 0).place, {{"mel", NAN}}, 1.0);
      report.step(short_report(30, 3.0));
    }
    const WandbFollower follower(folder.path(), command);
    RunReport report(folder.path(), 20);
    report.step(short_report(30, 3.0));
    report.step(short_report(40, 4.0));
  });
  EXPECT_EQ(printed.find("warning"), std::string::npos) << printed << read_file(folder.path() / "wandb.log");
  const auto lines = json_lines(read_file(told));
  ASSERT_GT(lines.size(), 2u);
  EXPECT_EQ(lines[0]["project"], "kim");
  EXPECT_EQ(lines[0]["config"], Json::parse(R"({"learning_rate": 0.5})"));
  EXPECT_EQ(logged_mels(lines), (std::vector<std::pair<int64_t, double>>{{10, 1.0}, {20, 2.0}, {30, 3.0}, {40, 4.0}}));
  std::vector<std::string> names;
  for (const auto& line : lines)
    if (line.contains("id")) names.push_back(line["id"]);
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0], names[1]);
  EXPECT_EQ(lines.back(), Json::parse(R"({"finish": true})"));
}

TEST(WandbFollower, ThatCannotBeStartedOrFailsIsSaidAloudAndEndsNothing) {
  const TemporaryFolder folder;
  std::string printed = printed_by([&] { WandbFollower(folder.path(), std::vector<std::string>{}).look(); });
  EXPECT_NE(printed.find("gets nothing of this run: there is no scripts/wandb_follow"), std::string::npos) << printed;
  printed = printed_by([&] { WandbFollower(folder.path(), std::vector<std::string>{"/no/such/program"}).look(); });
  EXPECT_NE(printed.find("cannot start the program /no/such/program"), std::string::npos) << printed;
  printed = printed_by([&] {
    WandbFollower(folder.path(), std::vector<std::string>{"sh", "-c", "echo starting; echo no key >&2; exit 3"});
  });
  EXPECT_NE(printed.find("has ended with code 3: no key"), std::string::npos) << printed;
}

TEST(WandbFollower, IsFoundInTheCheckout) {
  const auto command = wandb_command("checkpoints", "kim");
  ASSERT_EQ(command.size(), 4u);
  EXPECT_TRUE(fs::equivalent(command[0], source_folder() / "scripts/wandb_follow"));
  EXPECT_EQ(command[1], "checkpoints");
}

TEST(WandbFollower, KeepsARunOfflineThroughTheRealPackage) {
  const auto environment = source_folder() / ".env/wandb/bin/python";
  if (!fs::exists(source_folder() / ".env/installed-wandb"))
    GTEST_SKIP() << "no wandb package: `scripts/wandb_follow --help` installs it";
  const TemporaryFolder folder;
  const Environment mode("WANDB_MODE", "offline");
  const std::string printed = printed_by([&] {
    const WandbFollower follower(folder.path(), "kim");
    RunReport report(folder.path(), 0);
    report.step(short_report(10, 1.0));
    report.step(short_report(20, NAN));
    report.step(short_report(30, 3.0));
  });
  EXPECT_EQ(printed.find("warning"), std::string::npos) << printed << read_file(folder.path() / "wandb.log");
  const auto read = vits::base::run_program(
      {environment.string(), (source_folder() / "tests/report/read_wandb.py").string(), folder.path().string()});
  ASSERT_EQ(read.exit_code, 0) << read.error_output;
  const auto lines = json_lines(read.output);
  ASSERT_EQ(lines.size(), 3u) << read.output;
  EXPECT_EQ(lines[0]["step"], 10);
  EXPECT_EQ(lines[0]["train/mel"], 1.0);
  EXPECT_FALSE(lines[1].contains("train/mel"));
  EXPECT_EQ(lines[1]["not_finite"], "train/mel nan");
  EXPECT_EQ(lines[2]["train/mel"], 3.0);
}

}  // namespace
