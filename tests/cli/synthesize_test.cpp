// Speaking as a person does it: the whole program on a tiny voice, its files read back by Python.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/support.h"
#include "utterances.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/process.h"

namespace vits::cli {
namespace {

namespace fs = std::filesystem;

std::string tiny_voice(const std::string& name = "tiny", const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"--size", "tiny", "--no-discriminator"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return support::reference_data("voice_" + name, "tests/reference/make_model.py", arguments).string();
}

base::Finished synthesize(std::vector<std::string> words, const std::string& input = {}) {
  words.insert(words.begin(), {support::program().string(), "synthesize", "--device", "cpu"});
  return base::run_program(words, input);
}

std::vector<nlohmann::json> read_back(const std::vector<std::string>& paths) {
  std::istringstream lines(support::run_python("tests/audio/read_sound.py", paths));
  std::vector<nlohmann::json> files;
  for (std::string line; std::getline(lines, line);) files.push_back(nlohmann::json::parse(line));
  return files;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

TEST(Synthesize, WritesTheFormatThatTheNameAsksFor) {
  const base::TemporaryFolder folder;
  std::vector<std::string> paths;
  for (const char* name : {"a.wav", "a.flac", "a.ogg"}) {
    paths.push_back((folder.path() / name).string());
    const auto done = synthesize({"--model", tiny_voice(), "--text", "good morning", "--out", paths.back()});
    ASSERT_EQ(done.exit_code, 0) << done.error_output;
    EXPECT_NE(done.error_output.find("real-time factor"), std::string::npos);
    EXPECT_NE(done.output.find(" of speech at 16000 Hz"), std::string::npos);
  }
  const auto files = read_back(paths);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0][0], "WAV");
  EXPECT_EQ(files[1][0], "FLAC");
  EXPECT_EQ(files[2][0], "OGG");
  EXPECT_EQ(files[0][1], "PCM_16");
  EXPECT_EQ(files[0][4], files[1][4]);  // the same samples, both without loss
  EXPECT_GT(files[0][4].size(), 3000u);
  for (const auto& file : files) EXPECT_EQ(file[2], 16000);
}

TEST(Synthesize, GivesTheSameBytesForTheSameSeedOnAnyNumberOfThreads) {
  const base::TemporaryFolder folder;
  const auto bytes_of = [&](const std::string& seed, const std::string& threads) {
    const auto path = folder.path() / "a.ogg";
    EXPECT_EQ(synthesize({"--model", tiny_voice(), "--text", "good morning", "--seed", seed, "--threads", threads,
                          "--out", path})
                  .exit_code,
              0);
    return base::read_file(path);
  };
  const auto first = bytes_of("5", "1");
  EXPECT_EQ(bytes_of("5", "3"), first);
  EXPECT_NE(bytes_of("6", "1"), first);
}

TEST(Synthesize, SpeaksAFileOfLinesIntoAFolder) {
  const base::TemporaryFolder folder;
  const auto lines = folder.path() / "lines.txt", out = folder.path() / "out";
  base::write_file(lines, "first line\n\n  \nsecond line here\n\xe4\xbd\xa0\xe5\xa5\xbd\n");
  auto done = synthesize({"--model", tiny_voice(), "--text_file", lines, "--out", out, "--format", "flac"});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(names_in(out), (std::set<std::string>{"0001.flac", "0004.flac"}));
  EXPECT_NE(done.error_output.find("line 5: nothing in it can be spoken"), std::string::npos) << done.error_output;
  EXPECT_NE(done.error_output.find("\xe4\xbd\xa0 (1), \xe5\xa5\xbd (1)"), std::string::npos) << done.error_output;
  EXPECT_NE(done.output.find("2 of 3 utterances"), std::string::npos) << done.output;

  const auto named = folder.path() / "named";
  base::write_file(lines, "anna_01|first line\nanna_02|second line here\n");
  done = synthesize({"--model", tiny_voice(), "--text_file", lines, "--out", named});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_EQ(names_in(named), (std::set<std::string>{"anna_01.wav", "anna_02.wav"}));
  const auto files = read_back({out / "0001.flac", named / "anna_01.wav"});
  EXPECT_EQ(files[0][4], files[1][4]);  // the same utterance with the same seed
}

TEST(Synthesize, SpeaksStandardInputAndFasterWhenAsked) {
  const base::TemporaryFolder folder;
  const auto slow = folder.path() / "slow.wav", fast = folder.path() / "fast.wav";
  const std::string text = "One sentence. Another one!\nAnd a paragraph.\n";
  EXPECT_EQ(synthesize({"--model", tiny_voice(), "--out", slow}, text).exit_code, 0);
  EXPECT_EQ(synthesize({"--model", tiny_voice(), "--out", fast, "--speed", "3"}, text).exit_code, 0);
  EXPECT_GT(fs::file_size(slow), 3 * fs::file_size(fast) / 2);
}

TEST(Synthesize, RefusesWhatItCannotDoAndLeavesNoFile) {
  const base::TemporaryFolder folder;
  const std::string out = folder.path() / "a.wav", blank = folder.path() / "blank.txt";
  base::write_file(blank, " \n\n");
  const auto check = [&](int exit_code, const std::string& says, std::vector<std::string> words) {
    const auto done = synthesize(std::move(words));
    EXPECT_EQ(done.exit_code, exit_code) << says;
    EXPECT_NE(done.error_output.find(says), std::string::npos) << done.error_output;
    EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"blank.txt"}) << says;
  };
  const std::string voice = tiny_voice(), speakers = tiny_voice("speakers", {"--speakers", "4"});
  check(1, "there is no text to speak", {"--model", voice, "--text", "", "--out", out});
  check(1, "there is no text to speak", {"--model", voice, "--text_file", blank, "--out", out});
  check(1, "nothing of the text can be spoken", {"--model", voice, "--text", "\xe4\xbd\xa0", "--out", out});
  check(1, "cannot read", {"--model", voice, "--text_file", folder.path() / "none.txt", "--out", out});
  check(2, "--text and --text_file", {"--model", voice, "--text", "a", "--text_file", blank, "--out", out});
  check(1, ".wav, .flac or .ogg", {"--model", voice, "--text", "a", "--out", folder.path() / "a.mp3"});
  check(1, "blank.txt", {"--model", voice, "--text", "a", "--out", fs::path(blank) / "a.wav"});
  check(1, "0 to 3", {"--model", speakers, "--text", "a", "--speaker", "anna", "--out", out});
  check(1, "one speaker", {"--model", voice, "--text", "a", "--speaker", "7", "--out", out});
  check(1, "there is no such file or folder", {"--model", folder.path() / "voice", "--text", "a", "--out", out});
  check(2, "--speed", {"--model", voice, "--text", "a", "--speed", "0", "--out", out});
  check(2, "needs --model", {"--text", "a"});
  check(2, "--noise_scale is -0.5", {"--model", voice, "--text", "a", "--noise_scale", "-0.5", "--out", out});
  check(2, "--noise_scale_duration is -0.1",
        {"--model", voice, "--text", "a", "--noise_scale_duration", "-0.1", "--out", out});
  check(2, "--out is empty", {"--model", voice, "--text", "a", "--out", ""});
  check(2, "--out is \"-\"", {"--model", voice, "--text", "a", "--out", "-"});
  check(2, "--speaker is empty", {"--model", speakers, "--text", "a", "--speaker", "", "--out", out});
  check(2, "ends in .wav, but --format is flac", {"--model", voice, "--text", "a", "--format", "flac", "--out", out});
  check(2, "goes behind --text", {"--model", voice, "hello", "--out", out});
}

TEST(Synthesize, TakesASpeakerByNumber) {
  const base::TemporaryFolder folder;
  const std::string speakers = tiny_voice("speakers", {"--speakers", "4"});
  std::set<std::string> sounds;
  for (const char* speaker : {"0", "3"}) {
    const auto path = folder.path() / "a.wav";
    EXPECT_EQ(
        synthesize({"--model", speakers, "--text", "good morning", "--speaker", speaker, "--out", path}).exit_code, 0);
    sounds.insert(base::read_file(path));
  }
  EXPECT_EQ(sounds.size(), 2u);
}

TEST(Utterances, AreLinesWithIdsWhenAllHaveOne) {
  const auto with = lines_of(
      "\xef\xbb\xbf"
      "a|one|two\r\nb|three\n",
      "x.txt");
  ASSERT_EQ(with.size(), 2u);
  EXPECT_EQ(with[0].id, "a");
  EXPECT_EQ(with[0].text, "one|two");
  EXPECT_EQ(with[1].where, "x.txt, line 2");
  const auto without = lines_of("a|one\n\nno bar\nnone\n", "x.txt");
  ASSERT_EQ(without.size(), 3u);
  EXPECT_EQ(without[0].text, "a|one");
  EXPECT_EQ(without[1].id, "0003");
  EXPECT_EQ(whole_text("a|one.\nb|two.\n", "x.txt")[0].text, "one.\ntwo.\n");
  EXPECT_EQ(whole_text("one | two\n", "x.txt")[0].text, "one | two\n");
  EXPECT_THROW(lines_of("a|one\na|two\n", "x.txt"), Error);
  EXPECT_THROW(lines_of("../a|one\n", "x.txt"), Error);
  EXPECT_EQ(shortened(std::string(59, 'a') + "\xc3\xa9" + "b"), std::string(59, 'a') + "...");
}

TEST(Utterances, AreRefusedByRowWhenMostLinesHaveAnIdAndOneHasNone) {
  const auto refused = [](const std::function<void()>& read) {
    try {
      read();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string text = "anna|hello there\nbob|good bye\n\nno id here\n";
  const std::string expected = "x.txt, line 4: \"no id here\" has no `id|` at its beginning, as 2 of the 3 lines have.";
  EXPECT_TRUE(refused([&] { lines_of(text, "x.txt"); }).starts_with(expected));
  EXPECT_TRUE(refused([&] { whole_text(text, "x.txt"); }).starts_with(expected));
}

}  // namespace
}  // namespace vits::cli
