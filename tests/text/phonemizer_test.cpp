#include "vits/text/phonemizer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "id_words.h"
#include "support/support.h"
#include "vits/base/error.h"
#include "vits/text/tokenizer.h"

namespace vits::text {
namespace {

using formats::Json;

TEST(Phonemizer, EqualsTransformersWithThePhonemizerPackage) {
  const auto folder = support::reference_data("phonemizer", "tests/text/phonemizer_reference.py", {});
  const Json content = formats::read_json(folder / "vits_ljs.json");
  const auto settings = settings_from_json(content["vocab"], content["tokenizer_config"]);
  const Tokenizer ours(settings), as_transformers(settings, Interspersing::kTransformers);
  int64_t texts = 0, other_ids = 0, other_ids_than_transformers = 0;
  for (const auto& row : content["rows"]) {
    const std::string text = row[0];
    const Encoded encoded = ours.encode(text);
    ++texts;
    const bool differs = words(encoded.ids) != row[1];
    const bool differs_from_transformers = words(as_transformers.encode(text).ids) != row[2];
    other_ids += differs;
    other_ids_than_transformers += differs_from_transformers;
    if (differs || differs_from_transformers)
      ADD_FAILURE() << "\"" << text << "\"\n  ours   " << encoded.spoken << "\n  theirs " << row[3].get<std::string>();
  }
  EXPECT_GE(texts, 800);
  std::cout << texts << " texts; other ids than the original: " << other_ids
            << ", than transformers: " << other_ids_than_transformers << "\n";
}

TEST(Phonemizer, KeepsOneProcessForManyTextsAndThreads) {
  Phonemizer phonemizer;
  const std::string expected = phonemizer.phonemize("Read it, to me!");
  std::vector<std::thread> threads;
  std::atomic<int> differ = 0;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) differ += phonemizer.phonemize("Read it, to me!") != expected;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(differ, 0);
}

TEST(Phonemizer, SpeaksOtherLanguagesToo) { EXPECT_EQ(Phonemizer("de").phonemize("Guten Tag!"), "ɡˈuːtən tˈɑːk!"); }

TEST(Phonemizer, TakesAnyBytes) {
  Phonemizer phonemizer;
  EXPECT_EQ(phonemizer.phonemize(""), "");
  EXPECT_EQ(phonemizer.phonemize(std::string("one\0two", 7)), phonemizer.phonemize("one two"));
  EXPECT_EQ(phonemizer.phonemize("[[h@]] \x01+50s yes"), phonemizer.phonemize("[[h@]]  +50s yes"));
  EXPECT_FALSE(phonemizer.phonemize("\xff\xfe text").empty());
  std::string long_text;
  while (long_text.size() < 3000) long_text += "wörd ";
  EXPECT_GT(phonemizer.phonemize(long_text).size(), long_text.size());
  EXPECT_EQ(phonemizer.phonemize("still, here."), "stˈɪl, hˈɪɹ.");
}

TEST(Phonemizer, SaysWhatToInstall) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  try {
    Phonemizer phonemizer;
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("apt-get install espeak-ng"), std::string::npos);
  }
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_THROW(Phonemizer("klingon-on-the-moon"), Error);
}

}  // namespace
}  // namespace vits::text
