// audit as a person runs it: the summary, the page, the JSON and how it ends.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "data/spoken_set.h"
#include "program_run.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"
#include "vits/train/training_needs.h"

namespace {

namespace fs = std::filesystem;
using vits::cli_tests::run;
using vits::cli_tests::tiny_voice;
using vits::data_test::spoken;
using vits::data_test::SpokenSet;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(AuditCommand, SaysTheSameOnTheTerminalThePageAndAsJson) {
  SpokenSet set;
  set.add_good_clips();
  set.add("noise<b>", "abcab’ cab", spoken({.noise_level = 0.02}, 50));
  const auto lines = run({"audit", "--data_dir", set.folder().string(), "--model", tiny_voice().string()});
  EXPECT_EQ(lines.exit_code, 0) << lines.error_output;
  EXPECT_TRUE(contains(lines.output, "11 clips, 16.5 s; 1 of them to judge by\n")) << lines.output;
  EXPECT_TRUE(contains(lines.output, "Noisy recordings: 1 clip\n"));
  EXPECT_TRUE(contains(lines.output, "metadata.csv, row 10 (noise<b>)"));

  const std::string html = vits::base::read_file(set.folder() / "audit.html");
  EXPECT_TRUE(contains(html, "<b>11</b><span>clips</span>"));
  EXPECT_TRUE(contains(html, "<b>16.5 s</b><span>of sound</span>"));
  EXPECT_TRUE(contains(html, "Warning: Noisy recordings – 1 clip"));
  EXPECT_TRUE(contains(html, "src=\"wavs/noise%3Cb%3E.wav\""));
  EXPECT_TRUE(contains(html, "U+2019 RIGHT SINGLE QUOTATION MARK"));
  EXPECT_FALSE(contains(html, "noise<b>"));
  // Every sound that the page names lies beside it.
  const std::regex source("src=\"([^\"]*)\"");
  int sounds = 0;
  for (std::sregex_iterator at(html.begin(), html.end(), source), end; at != end; ++at, ++sounds)
    EXPECT_TRUE(fs::exists(
        set.folder()
        / std::regex_replace(std::regex_replace((*at)[1].str(), std::regex("%3C"), "<"), std::regex("%3E"), ">")));
  EXPECT_GT(sounds, 10);

  const auto object = run({"audit", "--data_dir", set.folder().string(), "--model", tiny_voice().string(), "--json"});
  EXPECT_EQ(object.exit_code, 0);
  const auto json = nlohmann::json::parse(object.output);
  EXPECT_EQ(json["summary"]["clips"], 11);
  EXPECT_EQ(json["summary"]["seconds"], 16.5);
  EXPECT_EQ(json["clips"].size(), 11u);
  EXPECT_EQ(json["blocked"], false);
  std::map<std::string, int> counts;
  for (const auto& finding : json["findings"]) counts[finding["id"]] = finding["count"];
  EXPECT_EQ(counts["noisy"], 1);
  EXPECT_EQ(counts["silent_characters"] + counts["unknown_characters"], 1);
  for (const auto& finding : json["findings"]) EXPECT_TRUE(contains(html, finding["title"])) << finding["title"];
}

TEST(AuditCommand, EndsWith3WhenTrainingWouldFail) {
  SpokenSet set;
  set.add_good_clips();
  const std::string out = (set.folder() / "elsewhere/page.html").string();
  fs::create_directories(set.folder() / "elsewhere");
  EXPECT_EQ(run({"audit", "--data_dir", set.folder().string(), "--out", out}).exit_code, 0);
  EXPECT_TRUE(contains(vits::base::read_file(out), "src=\"../wavs/good0.wav\""));
  EXPECT_FALSE(fs::exists(set.folder() / "audit.html"));

  const auto small = run({"audit", "--data_dir", set.folder().string(), "--card_gigabytes", "0.5"});
  EXPECT_EQ(small.exit_code, 3);
  EXPECT_TRUE(contains(small.output, "BLOCKS  The longest clips do not fit into memory")) << small.output;
  EXPECT_TRUE(contains(small.output, "\nTraining would fail.\n"));

  set.add_row("gone", "abc");
  const auto gone = run({"audit", "--data_dir", set.folder().string()});
  EXPECT_EQ(gone.exit_code, 3);
  EXPECT_TRUE(contains(gone.output, "row 10 (gone): the file is not there")) << gone.output;
  EXPECT_EQ(run({"audit", "--data_dir", (set.folder() / "wavs").string()}).exit_code, 1);
}

TEST(TrainingNeeds, GrowWithTheLengthOfTheClips) {
  using vits::train::card_bytes_of_batch;
  // A batch of usual clips is what training_needs() estimates for any batch.
  const auto usual = static_cast<double>(card_bytes_of_batch(8, 312, 160));
  EXPECT_NEAR(usual, static_cast<double>(vits::train::training_needs(8, 0).card_bytes), 1e6);
  EXPECT_GT(card_bytes_of_batch(8, 1250, 600), card_bytes_of_batch(8, 312, 160) * 3 / 2);
  EXPECT_EQ(card_bytes_of_batch(8, 312, 0), card_bytes_of_batch(8, 312, 156));
  EXPECT_LT(card_bytes_of_batch(1, 312, 160), card_bytes_of_batch(2, 312, 160));
}

}  // namespace
