#include "vits/text/romanizer.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/support.h"
#include "vits/base/files.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

struct Line {
  std::string group, language, text;
  std::string romanized;
  bool has_answer = true;  // the Python package raises an exception on some lines
};

std::vector<Line> reference(const std::string& file, const std::vector<std::string>& arguments = {}) {
  const auto folder = support::reference_data("romanizer_" + file, "tests/text/romanizer_reference.py", arguments);
  std::vector<Line> lines;
  for (const auto& row : nlohmann::json::parse(base::read_file(folder / (file + ".json")))) {
    const bool has_answer = !row[3].is_null();
    lines.push_back({row[0], row[1], row[2], has_answer ? row[3].get<std::string>() : "", has_answer});
  }
  return lines;
}

// How many lines differ; the first of each group are shown.
int count_differences(const std::vector<Line>& lines) {
  const Romanizer romanizer;
  int different = 0;
  std::set<std::string> shown;
  for (const Line& line : lines) {
    const std::string romanized = romanizer.romanize(line.text, line.language);
    if (!line.has_answer || romanized == line.romanized) continue;
    ++different;
    if (shown.insert(line.group).second)
      ADD_FAILURE() << line.group << " [" << line.language << "] " << line.text << "\n  uroman " << line.romanized
                    << "\n  we     " << romanized;
  }
  return different;
}

TEST(Romanizer, EqualsThePythonPackageOnFourteenThousandLines) {
  const auto lines = reference("lines");
  std::set<std::string> languages;
  int answered = 0;
  for (const Line& line : lines) {
    if (!line.language.empty()) languages.insert(line.language);
    answered += line.has_answer;
  }
  EXPECT_GE(languages.size(), 50u);
  EXPECT_GE(answered, 14000);
  EXPECT_EQ(count_differences(lines), 0) << "of " << answered << " lines";
}

TEST(Romanizer, SlowEqualsThePythonPackageOnEveryCharacterAlone) {
  const auto lines = reference("characters", {"--characters"});
  EXPECT_GE(lines.size(), 140000u);
  EXPECT_EQ(count_differences(lines), 0);
}

TEST(Romanizer, SlowTablesAreWhatTheScriptMakes) {
  const base::TemporaryFolder made;
  support::run_python("scripts/make_uroman_data", {"--out", made.path().string()});
  const auto kept = support::source_folder() / "src/text/data/uroman";
  if (base::read_file(made.path() / "version.txt") != base::read_file(kept / "version.txt"))
    GTEST_SKIP() << "this Python knows another version of Unicode, or another uroman";
  for (const char* file : {"rules", "characters", "decompositions", "numbers", "scripts", "signs"})
    EXPECT_TRUE(base::read_file(made.path() / (std::string(file) + ".tsv"))
                == base::read_file(kept / (std::string(file) + ".tsv")))
        << file;
}

// Expected values: uroman.Uroman().romanize_string(text, lcode) of version 1.3.1.1.
TEST(Romanizer, WritesLatinLettersForManyScripts) {
  const Romanizer romanizer;
  const std::map<std::string, std::string> expected = {
      {"Привет, мир!", "Privet, mir!"},
      {"こんにちは。きょうはいいてんきです。", "konnichiha. kyouhaiitenkidesu. "},
      {"서울특별시", "seoulteugbyeolsi"},
      {"سڵاو، چۆنیت؟", "slaw, tchoenit?"},
      {"สวัสดีครับ", "swatdiikrap"},
      {"二百三十五万", "2350000"},
      {"百分之三十", "30%"},
      {"23½", "23 1/2"},
      {"ΘΕΣΣΑΛΟΝΙΚΗ Θεσσαλονίκη", "THESSALONIKE Thessalonike"},
  };
  for (const auto& [text, romanized] : expected) EXPECT_EQ(romanizer.romanize(text), romanized) << text;
}

TEST(Romanizer, ALanguageCodeChangesWhatItsLanguageWritesDifferently) {
  const Romanizer romanizer;
  EXPECT_EQ(romanizer.romanize("Игорь", "ukr"), "Yhor");
  EXPECT_EQ(romanizer.romanize("Игорь", "rus"), "Igor");
  EXPECT_EQ(romanizer.romanize("Игорь", "xxx"), romanizer.romanize("Игорь"));
}

TEST(Romanizer, NumbersOfAnySizeStayExact) {
  const Romanizer romanizer;
  EXPECT_EQ(romanizer.romanize("123456789012345678901234567890万"), "1234567890123456789012345678900000");
  EXPECT_EQ(romanizer.romanize("3.14159万"), "31415.9");
  EXPECT_EQ(romanizer.romanize("007"), "007");
}

TEST(Romanizer, EmptyTextAndBrokenBytesAreText) {
  const Romanizer romanizer;
  EXPECT_EQ(romanizer.romanize(""), "");
  EXPECT_EQ(romanizer.romanize("a\xFF"
                               "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(romanizer.romanize("百分之"), "baifenzhi");  // uroman raises an exception here
}

TEST(Romanizer, SaysWhichTablesItHas) { EXPECT_EQ(Romanizer::version().substr(0, 7), "uroman "); }

TEST(Romanizer, RandomBytesAndRandomCharactersAlwaysGiveUtf8) {
  const Romanizer romanizer;
  std::mt19937 random(5);
  const auto upto = [&](uint32_t most) { return std::uniform_int_distribution<uint32_t>(0, most)(random); };
  for (int round = 0; round < 4000; ++round) {
    std::string bytes;
    const bool characters = round % 2 == 0;
    const uint32_t length = upto(60), block = upto(0x1F0) << 8;
    for (uint32_t index = 0; index < length; ++index) {
      if (characters)
        append_utf8(bytes, upto(3) == 0 ? upto(0x10FFFF) : block + upto(0xFF));
      else
        bytes += static_cast<char>(upto(255));
    }
    const std::string romanized = romanizer.romanize(bytes, upto(1) ? "rus" : "");
    ASSERT_EQ(encode_utf8(decode_utf8(romanized)), romanized);
  }
}

TEST(Romanizer, SeveralThreadsGiveWhatOneGives) {
  auto lines = reference("lines");
  lines.resize(2000);
  std::vector<std::vector<std::string>> given(4);
  std::vector<std::thread> threads;
  for (auto& mine : given)
    threads.emplace_back([&mine, &lines] {
      const Romanizer romanizer;
      for (const Line& line : lines) mine.push_back(romanizer.romanize(line.text, line.language));
    });
  for (auto& thread : threads) thread.join();
  const Romanizer romanizer;
  for (size_t index = 0; index < lines.size(); ++index)
    for (const auto& mine : given) ASSERT_EQ(mine[index], romanizer.romanize(lines[index].text, lines[index].language));
}

}  // namespace
}  // namespace vits::text
