// The program as a person meets it: help, flags, exit codes.
#include <gtest/gtest.h>
#include <signal.h>

#include <regex>
#include <sstream>

#include "program_run.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"

namespace {

using vits::cli_tests::run;

TEST(Program, TrainsWithoutWordsAndSaysWhatItNeedsForThat) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"--target-hours", "1"}, {"train"}}) {
    const auto done = run(words);
    EXPECT_EQ(done.exit_code, 1);
    EXPECT_NE(done.error_output.find("metadata.csv"), std::string::npos) << done.error_output;
    EXPECT_NE(done.error_output.find("vits-train prepare"), std::string::npos) << done.error_output;
  }
}

TEST(Program, ExplainsItself) {
  const auto done = run({"--help"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_NE(done.output.find("vits-train COMMAND [options]"), std::string::npos);
  EXPECT_EQ(done.output, run({"help"}).output);
}

TEST(Program, HasAPageForEveryCommandItLists) {
  const std::string page = run({"--help"}).output;
  const std::regex row(R"(\n  ([a-z]+) +[A-Z])");
  int seen = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), row), end; at != end; ++at, ++seen) {
    const auto done = run({(*at)[1], "--help"});
    EXPECT_EQ(done.exit_code, 0);
    EXPECT_EQ(done.output.rfind((*at)[1].str() + ": ", 0), 0u) << (*at)[1];
    EXPECT_NE(done.output.find("Examples\n"), std::string::npos) << (*at)[1];
    // Two blanks or more part every option from what it does.
    std::istringstream lines(done.output.substr(done.output.find("\nOptions\n") + 9));
    const std::regex option(R"(  [-a-z_0-9]+( (FILE|N|X|TEXT( \.\.\.)?))?  +\S.*)");
    for (std::string line; std::getline(lines, line) && !line.empty();)
      EXPECT_TRUE(line.starts_with("      ") || std::regex_match(line, option)) << line;
    if (seen > 0) continue;
    EXPECT_EQ(done.output, run({"help", (*at)[1]}).output);
  }
  EXPECT_GE(seen, 5);
}

TEST(Program, SaysWhatItStandsOn) {
  const auto done = run({"--version"});
  EXPECT_EQ(done.exit_code, 0);
  for (const char* name : {"vits-train", "build", "LibTorch       2.11", "CUDA", "libsndfile", "libsamplerate"})
    EXPECT_NE(done.output.find(name), std::string::npos) << name;
}

TEST(Program, EndsWith2OnWrongUsageAndNamesTheNearestWord) {
  const auto check = [](const std::vector<std::string>& words, const std::string& text) {
    const auto done = run(words);
    EXPECT_EQ(done.exit_code, 2) << text;
    EXPECT_NE(done.error_output.find(text), std::string::npos) << done.error_output;
    EXPECT_EQ(done.output, "");
  };
  check({"doctr"}, "Did you mean \"doctor\"?");
  check({"doctor", "--batch-sise", "3"}, "Did you mean \"--batch_size\"?");
  check({"doctor", "--batch_size", "0"}, "--batch_size is 0, but must be 1 to 1024.");
  check({"doctor", "--batch_size"}, "--batch_size");
  check({"doctor", "more"}, "takes no \"more\"");
  check({"--frobnicate"}, "train has no flag --frobnicate.");
  check({"--versoin"}, "vits-train has no flag --versoin. Did you mean \"--version\"?");
  check({"--vers"}, "Did you mean \"--version\"?");
  check({"synthesize", "--noise", "1"}, "Did you mean \"--noise_scale\"?");
  check({"synthesize", "--nois=1"}, "Did you mean \"--noise_scale\"?");
  check({"--target-hour", "9"}, "Did you mean \"--target_hours\"?");
}

// `doctor` starts a program of its own before it prints.
TEST(Program, EndsQuietlyWhenItsReaderIsGoneAndAloudWhenItsOutputIsFull) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"help", "--markdown"}, {"doctor"}}) {
    const auto into = [&](const std::string& script) {
      std::vector<std::string> all{"/bin/bash", "-c", script, "bash", vits::support::program().string()};
      all.insert(all.end(), words.begin(), words.end());
      return vits::base::run_program(all);
    };
    const auto unread = into("exec 3> >(true); wait $!; exec \"$@\" >&3");
    EXPECT_EQ(unread.exit_code, 128 + SIGPIPE) << words.front();
    EXPECT_EQ(unread.error_output, "");
    const auto full = into("exec \"$@\" >/dev/full");
    EXPECT_EQ(full.exit_code, 1) << words.front();
    EXPECT_NE(full.error_output.find("error: cannot write to standard output: No space"), std::string::npos)
        << full.error_output;
  }
}

TEST(Program, TakesHyphensAndAConfigFileThatFlagsOverrule) {
  vits::base::TemporaryFolder folder;
  const std::string config = (folder.path() / "a.json").string();
  vits::base::write_file(config, R"({"batch_size": 3})");
  EXPECT_NE(run({"doctor", "--config", config}).output.find("batch_size 3"), std::string::npos);
  EXPECT_NE(run({"doctor", "--config", config, "--batch-size=4"}).output.find("batch_size 4"), std::string::npos);
  vits::base::write_file(config, R"({"batch-size": 5})");
  EXPECT_NE(run({"doctor", "--config", config}).output.find("batch_size 5"), std::string::npos);
  vits::base::write_file(config, R"({"batch_sise": 3})");
  EXPECT_NE(run({"doctor", "--config", config}).error_output.find("Did you mean \"batch_size\"?"), std::string::npos);
  vits::base::write_file(config, "{");
  EXPECT_EQ(run({"doctor", "--config", config}).exit_code, 2);
}

TEST(Doctor, SaysWhetherARunWouldFit) {
  const auto done = run({"doctor", "--batch_size", "1"});
  EXPECT_EQ(done.exit_code, 0) << done.output;
  for (const char* name : {"GPU", "RAM", "disk", "LibTorch", "fits"})
    EXPECT_NE(done.output.find(name), std::string::npos) << name;
  EXPECT_EQ(run({"doctor", "--batch_size", "1024"}).exit_code, 1);
}

TEST(Readme, HoldsTheOptionsAsTheProgramDeclaresThem) {
  const std::string readme = vits::base::read_file(vits::support::source_folder() / "README.md");
  const std::string table = run({"help", "--markdown"}).output;
  ASSERT_FALSE(table.empty());
  EXPECT_NE(readme.find(table), std::string::npos) << "README.md is stale; run scripts/update_readme";
}

}  // namespace
