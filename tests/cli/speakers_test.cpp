// `vits-train speakers` as a person runs it, on voices of espeak-ng.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/support.h"
#include "vits/audio/write.h"
#include "vits/base/files.h"
#include "vits/base/process.h"
#include "vits/speaker/voice_activity.h"

namespace vits::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVoices[] = {"de", "en-us+f2", "it+whisper"};
constexpr const char* kSentences[] = {"The birch canoe slid on the smooth planks of the deck.",
                                      "It is easy to tell the depth of a well by its echo.",
                                      "Four hours of steady work faced us before the sun went down.",
                                      "The source of the huge river is the clear spring.",
                                      "A pot of tea helps to pass the evening in good company.",
                                      "The hogs were fed chopped corn and garbage at noon."};

// Eighteen clips of three voices, which take turns; every sixth is held out.
fs::path spoken_clips() {
  static const base::TemporaryFolder folder;
  if (fs::exists(folder.path() / "metadata.csv")) return folder.path();
  fs::create_directories(folder.path() / "wavs");
  std::string lines[2];
  int number = 0;
  for (const char* sentence : kSentences) {
    for (const char* voice : kVoices) {
      const std::string id = "clip" + std::to_string(number);
      const auto done = base::run_program(
          {"espeak-ng", "-v", voice, "-w", (folder.path() / "wavs" / (id + ".wav")).string(), sentence});
      EXPECT_EQ(done.exit_code, 0) << done.error_output;
      lines[number++ % 6 == 5] += id + "|" + sentence + "|\n";
    }
  }
  base::write_file(folder.path() / "metadata_val.csv", lines[1]);
  base::write_file(folder.path() / "metadata.csv", lines[0]);
  return folder.path();
}

class Speakers : public testing::Test {
 protected:
  void SetUp() override {
    if (!speaker::voice_activity_built_in()) GTEST_SKIP() << "built without the weights";
    fs::copy(spoken_clips(), folder_.path(), fs::copy_options::recursive);
  }

  base::Finished run(std::vector<std::string> words) const {
    words.insert(words.begin(), {support::program().string(), "speakers", "--data_dir", folder_.path().string()});
    return base::run_program(words);
  }

  // The speaker of each clip, of both manifests.
  std::map<std::string, std::string> speakers() const {
    std::map<std::string, std::string> found;
    for (const char* name : {"metadata.csv", "metadata_val.csv"}) {
      std::istringstream lines(base::read_file(folder_.path() / name));
      for (std::string line; std::getline(lines, line);) {
        found[line.substr(0, line.find('|'))] = line.substr(line.rfind('|') + 1);
      }
    }
    return found;
  }

  std::set<std::string> speakers_of_voice(size_t voice) const {
    std::set<std::string> names;
    for (const auto& [id, speaker] : speakers()) {
      if (id.starts_with("clip") && size_t(std::stoi(id.substr(4))) % std::size(kVoices) == voice)
        names.insert(speaker);
    }
    return names;
  }

  nlohmann::json speakers_json() const {
    return nlohmann::json::parse(base::read_file(folder_.path() / "speakers.json"));
  }

  void add_line(const std::string& line) const {
    std::ofstream(folder_.path() / "metadata.csv", std::ios::app) << line << "\n";
  }

  base::TemporaryFolder folder_;
};

TEST_F(Speakers, FindsWhoSpeaksAndWritesItDown) {
  const auto done = run({});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  std::set<std::string> all;
  for (size_t voice = 0; voice < std::size(kVoices); ++voice) {
    EXPECT_EQ(speakers_of_voice(voice).size(), 1u) << kVoices[voice];
    all.merge(speakers_of_voice(voice));
  }
  EXPECT_EQ(all, (std::set<std::string>{"1", "2", "3"}));
  const auto json = speakers_json();
  ASSERT_EQ(json["speakers"].size(), 3u);
  for (const auto& speaker : json["speakers"]) {
    EXPECT_EQ(speaker["clips"], 6);
    EXPECT_GT(speaker["minutes"], 0.1);
    EXPECT_GT(fs::file_size(folder_.path() / speaker["preview"].get<std::string>()), 100'000u);
  }
  const std::string page = base::read_file(folder_.path() / "speakers.html");
  EXPECT_NE(page.find("wavs/clip7.wav"), std::string::npos);
  EXPECT_NE(page.find("speakers/2.wav"), std::string::npos);
  EXPECT_EQ(page.find("http://"), std::string::npos);

  const auto before = speakers();
  const auto heard = fs::file_size(folder_.path() / ".cache" / "speakers");
  ASSERT_EQ(run({"--relabel"}).exit_code, 0);
  EXPECT_EQ(speakers(), before);
  EXPECT_EQ(fs::file_size(folder_.path() / ".cache" / "speakers"), heard) << "clips were heard again";

  fs::resize_file(folder_.path() / ".cache" / "speakers", heard / 2);
  ASSERT_EQ(run({"--relabel"}).exit_code, 0);
  EXPECT_EQ(speakers(), before);
  EXPECT_EQ(fs::file_size(folder_.path() / ".cache" / "speakers"), heard) << "what a kill tore is heard again";
}

TEST_F(Speakers, SaysThatTheirNumberIsAGuessWhereClipsAreSingleWords) {
  const auto sentences = run({});
  ASSERT_EQ(sentences.exit_code, 0) << sentences.error_output;
  EXPECT_FALSE(speakers_json()["number_is_a_guess"]);
  std::string lines;
  for (const auto& [id, speaker] : speakers()) lines += id + "|seven, seven|\n";
  base::write_file(folder_.path() / "metadata.csv", lines);
  fs::remove(folder_.path() / "metadata_val.csv");
  const auto words = run({});
  ASSERT_EQ(words.exit_code, 0) << words.error_output;
  EXPECT_TRUE(speakers_json()["number_is_a_guess"]);
  EXPECT_NE(words.error_output.find("single words"), std::string::npos) << words.error_output;
  ASSERT_EQ(run({"--relabel", "--speakers", "3"}).exit_code, 0);
  EXPECT_FALSE(speakers_json()["number_is_a_guess"]);
}

TEST_F(Speakers, RenamesAndMergesByNumberAndByName) {
  ASSERT_EQ(run({}).exit_code, 0);
  const std::string first = *speakers_of_voice(0).begin(), second = *speakers_of_voice(1).begin(),
                    third = *speakers_of_voice(2).begin();
  const auto done = run({"--rename", second + "=narrator"});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(speakers_of_voice(1), std::set<std::string>{"narrator"});
  EXPECT_EQ(speakers_of_voice(0), std::set<std::string>{first});
  const auto renamed = speakers_json();
  for (const auto& speaker : renamed["speakers"]) {
    if (speaker["name"] == "narrator") {
      EXPECT_EQ(speaker["id"], std::stoi(second)) << "a number stays its speaker's";
    }
  }
  ASSERT_EQ(run({"--rename", second + "=Ana", "--merge", first + "," + third}).exit_code, 0);
  EXPECT_EQ(speakers_of_voice(1), std::set<std::string>{"Ana"});
  EXPECT_EQ(speakers_of_voice(2), std::set<std::string>{first});

  const auto before = speakers();
  const auto unknown = run({"--rename", "Anna=x"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.error_output.find("Did you mean \"Ana\""), std::string::npos) << unknown.error_output;
  EXPECT_EQ(run({"--rename", "Ana=" + first}).exit_code, 2);
  EXPECT_EQ(run({"--relabel", "--rename", "Ana=x"}).exit_code, 2);
  EXPECT_EQ(speakers(), before);
}

TEST_F(Speakers, KeepsTheNamesThatAreThereAndGivesThemToTheSameVoice) {
  std::string lines = base::read_file(folder_.path() / "metadata.csv");
  for (const char* id : {"clip1|", "clip4|", "clip7|"}) {
    const size_t end = lines.find('\n', lines.find(id));
    lines.insert(end, "anna");
  }
  base::write_file(folder_.path() / "metadata.csv", lines);
  ASSERT_EQ(run({}).exit_code, 0);
  EXPECT_EQ(speakers_of_voice(1), std::set<std::string>{"anna"});
  EXPECT_EQ(speakers_of_voice(0).size(), 1u);
  EXPECT_FALSE(speakers_of_voice(0).contains("anna"));
  ASSERT_EQ(run({"--relabel", "--speakers", "2"}).exit_code, 0);
  std::set<std::string> all;
  for (const auto& [id, speaker] : speakers()) all.insert(speaker);
  EXPECT_EQ(all, (std::set<std::string>{"1", "2"}));
}

TEST_F(Speakers, MarksClipsThatSayNothing) {
  audio::write_sound(folder_.path() / "wavs" / "silent.wav", std::vector<float>(40000), 16000);
  audio::write_sound(folder_.path() / "wavs" / "short.wav", std::vector<float>(3000, 0.1f), 16000);
  base::write_file(folder_.path() / "wavs" / "broken.wav", "RIFF");
  for (const char* id : {"silent", "short", "broken", "missing"}) add_line(std::string(id) + "|Text.|");
  const auto done = run({});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  const std::string csv = base::read_file(folder_.path() / "speakers.csv");
  for (const char* words : {"silent,,0.000,it is silent", "missing,,0.000,there is no", "broken,,0.000,"}) {
    EXPECT_NE(csv.find(words), std::string::npos) << words << " in " << csv;
  }
  EXPECT_NE(csv.find("short: 0.2 s"), std::string::npos);
  EXPECT_FALSE(speakers().at("short").empty());
  EXPECT_EQ(speakers_json()["speakers"].size(), 3u);
}

TEST(SpeakersCommand, AsksForATrainingFolder) {
  const base::TemporaryFolder folder;
  const auto done = base::run_program({support::program().string(), "speakers", "--data_dir", folder.path().string()});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_NE(done.error_output.find("vits-train prepare"), std::string::npos);
}

}  // namespace
}  // namespace vits::cli
