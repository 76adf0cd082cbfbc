// `vits-train prepare` as a person runs it: one command, one summary, exit codes, and that it can be run again.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "data/recordings.h"
#include "hub/local_hub.h"
#include "support/support.h"
#include "vits/base/process.h"

namespace {

using namespace vits::data_tests;
using vits::base::Finished;
using vits::base::read_file;
using vits::base::TemporaryFolder;

Finished run_prepare(std::vector<std::string> words, const std::map<std::string, std::string>& environment = {}) {
  words.insert(words.begin(), {vits::support::program().string(), "prepare"});
  return vits::base::run_program(words, {}, environment);
}

void add_five(Corpus& corpus) {
  for (int i = 0; i < 4; ++i)
    corpus.add("c" + std::to_string(i), "Text " + std::to_string(i), tone(1.0, 22050, 300 + 50 * i), 22050);
  write_file(corpus.wav("empty"), "");
  corpus.add("empty", "Nothing.");
}

TEST(PrepareCommand, MakesATrainingFolderAndSaysWhatItDidAndWhatIsNext) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  add_five(corpus);
  const std::string out = (folder.path() / "out").string();
  const auto done = run_prepare({"--from", corpus.folder().string(), "--out", out, "--trim", "energy"});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  for (const char* words :
       {"4 clips at 16000 Hz", "1 clip left out: rejected.csv", "unreadable: ", "empty.wav is empty",
        "metadata.csv, row 5)", "vits-train audit --data_dir ", "vits-train speakers"})
    EXPECT_NE(done.output.find(words), std::string::npos) << words << " in " << done.output;
  EXPECT_NE(done.error_output.find("5 clips"), std::string::npos) << done.error_output;

  const auto again = run_prepare({"--from", corpus.folder().string(), "--out", out, "--trim", "energy", "--json"});
  EXPECT_EQ(again.exit_code, 0) << again.error_output;
  const auto json = nlohmann::json::parse(again.output);
  EXPECT_EQ(json["kept_from_before"], 4);
  EXPECT_EQ(json["made"], 0);
  EXPECT_EQ(json["rejected_kinds"][0]["first"]["row"], 5);
  const auto made_by = nlohmann::json::parse(read_file(folder.path() / "out" / "prepare.json"))["made_by"];
  for (const char* name : {"vits-train", "libsndfile", "libsamplerate"}) EXPECT_TRUE(made_by.contains(name)) << name;

  EXPECT_EQ(run_prepare({"--from", corpus.folder().string(), "--out", out, "--trim", "energy", "--strict"}).exit_code,
            1);
}

TEST(PrepareCommand, SaysInNumberHowManyClipsContradictAnother) {
  for (const int copies : {1, 2}) {
    TemporaryFolder folder;
    Corpus corpus(folder.path() / "clips");
    for (int i = 0; i <= copies; ++i)
      corpus.add("c" + std::to_string(i), "Text " + std::to_string(i), tone(1.0, 16000));
    const auto done = run_prepare(
        {"--from", corpus.folder().string(), "--out", (folder.path() / "out").string(), "--trim", "energy"});
    const std::string words =
        copies == 1 ? "  1 clip has the sound of another and" : "  2 clips have the sound of another and";
    EXPECT_NE(done.output.find(words), std::string::npos) << done.output;
  }
}

TEST(PrepareCommand, TakesTheSampleRateOfTheModel) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  add_five(corpus);
  const std::string voice = (folder.path() / "voice").string(), out = (folder.path() / "out").string();
  ASSERT_EQ(vits::base::run_program({vits::support::program().string(), "create", voice, "--size", "tiny"}).exit_code,
            0);
  const fs::path config = fs::path(voice) / "config.json";
  auto json = nlohmann::json::parse(read_file(config));
  json["sampling_rate"] = 8000;
  write_file(config, json.dump());
  const auto done = run_prepare({"--from", corpus.folder().string(), "--out", out, "--trim", "off", "--model", voice});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(vits::audio::read_sound(folder.path() / "out/wavs/c1.wav", 10.0).sample_rate_hz, 8000);
  const auto refused =
      run_prepare({"--from", corpus.folder().string(), "--out", out, "--model", voice, "--sample_rate_hz", "22050"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.error_output.find("8000"), std::string::npos) << refused.error_output;
}

TEST(PrepareCommand, TakesADataSetOfTheHubByItsName) {
  TemporaryFolder folder;
  auto& hub = vits::hub::fresh_hub();
  hub.put("datasets/me/speech", {{"metadata.csv", "file_name,text\nclips/a.wav,One.\nclips/b.wav,Two.\n"},
                                 {"clips/a.wav", vits::audio::wav_bytes(tone(1.0, 16000, 300), 16000)},
                                 {"clips/b.wav", vits::audio::wav_bytes(tone(1.0, 16000, 400), 16000)},
                                 {"weights.bin", std::string(100'000, 'x')}});
  const std::map<std::string, std::string> environment = {{"HF_ENDPOINT", hub.settings().endpoint},
                                                          {"HF_HUB_CACHE", hub.settings().cache_folder.string()},
                                                          {"no_proxy", "127.0.0.1"}};
  const fs::path out = folder.path() / "out";
  const auto done = run_prepare({"--from", "hf:me/speech", "--out", out.string(), "--trim", "energy"}, environment);
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(vits::data::read_training_set(out).clips.size(), 2u);
  EXPECT_NE(read_file(out / "prepare.json").find("\"hf:me/speech\""), std::string::npos);
  EXPECT_TRUE(hub.requests("weights.bin").empty());

  const auto misspelt = run_prepare({"--from", "me/speech", "--out", out.string()}, environment);
  EXPECT_EQ(misspelt.exit_code, 1);
  EXPECT_NE(misspelt.error_output.find("--from hf:me/speech"), std::string::npos) << misspelt.error_output;
}

TEST(PrepareCommand, StopsOnASignalAndGoesOnAfterwards) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips", out = folder.path() / "out", whole = folder.path() / "whole";
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    const std::string id = "c" + std::to_string(i);
    write_wav(clips / "wavs" / (id + ".wav"), tone(0.6, 22050, 200 + i), 22050);
    lines += id + "|Text " + std::to_string(i) + "\n";
  }
  write_file(clips / "metadata.csv", lines);
  const auto words = [&](const fs::path& to) {
    return std::vector<std::string>{"--from", clips.string(), "--out",       to.string(),
                                    "--trim", "energy",       "--resampler", "best_sinc"};
  };
  ASSERT_EQ(run_prepare(words(whole)).exit_code, 0);

  const std::string program = vits::support::program().string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(program.c_str(), program.c_str(), "prepare", "--from", clips.c_str(), "--out", out.c_str(), "--trim",
            "energy", "--resampler", "best_sinc", nullptr);
    ::_exit(99);
  }
  while (!fs::exists(out / "wavs" / "c3.wav") && ::waitpid(child, nullptr, WNOHANG) == 0) ::usleep(1000);
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGINT);
  const auto made = static_cast<int64_t>(std::distance(fs::directory_iterator(out / "wavs"), {}));
  EXPECT_LT(made, 100);

  auto again = words(out);
  again.push_back("--json");
  const auto done = run_prepare(again);
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(nlohmann::json::parse(done.output)["kept_from_before"], made);  // all that was finished
  EXPECT_EQ(tree(out), tree(whole));
}

TEST(PrepareCommand, EndsWith2OnWrongUsageAnd1OnWhatCannotBe) {
  TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  EXPECT_EQ(run_prepare({"--out", out}).exit_code, 2);
  EXPECT_EQ(run_prepare({"--from", folder.path().string()}).exit_code, 2);
  EXPECT_EQ(run_prepare({"--from", folder.path().string(), "--out", out, "--trim", "sometimes"}).exit_code, 2);
  const auto nothing = run_prepare({"--from", (folder.path() / "nowhere").string(), "--out", out});
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_NE(nothing.error_output.find("nowhere"), std::string::npos) << nothing.error_output;
  EXPECT_EQ(run_prepare({"--from", folder.path().string(), "--out", out}).exit_code, 1);
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
