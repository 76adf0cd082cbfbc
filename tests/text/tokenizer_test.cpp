#include "vits/text/tokenizer.h"

#include <gtest/gtest.h>

#include <thread>

#include "id_words.h"
#include "support/support.h"
#include "unicode.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

using formats::Json;

std::filesystem::path reference_folder() {
  return support::reference_data("tokenizer", "tests/text/tokenizer_reference.py", {});
}

TokenizerSettings english() {
  TokenizerSettings settings;
  int64_t id = 0;
  for (const char symbol : std::string("k '-_0123456abcdefghijlmnopqrstuvwxyz"))
    settings.vocab[std::string(1, symbol)] = id++;
  settings.language = "eng";
  settings.pad_token = "k";
  settings.unk_token = "<unk>";
  return settings;
}

std::string what(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

struct Agreement {
  int64_t texts = 0, differ = 0;
  void count(bool equal, const std::string& voice, const std::string& text, const std::string& got,
             const std::string& want) {
    ++texts;
    if (equal) return;
    if (++differ <= 5) ADD_FAILURE() << voice << ": \"" << text << "\"\n  ours   " << got << "\n  theirs " << want;
  }
};

TEST(Tokenizer, EqualsTheOriginalAndTransformersOnTextsOfManyScripts) {
  Agreement original, transformers, spoken, unknown;
  int64_t voices = 0;
  for (const auto& entry : std::filesystem::directory_iterator(reference_folder())) {
    if (entry.path().extension() != ".json" || entry.path().stem() == "characters") continue;
    ++voices;
    const std::string voice = entry.path().stem();
    const Json content = formats::read_json(entry.path());
    const auto settings = settings_from_json(content["vocab"], content["tokenizer_config"]);
    const Tokenizer ours(settings), as_transformers(settings, Interspersing::kTransformers);
    for (const auto& row : content["rows"]) {
      const std::string text = row[0];
      const Encoded encoded = ours.encode(text);
      const std::string ids = words(encoded.ids), theirs = words(as_transformers.encode(text).ids);
      original.count(ids == row[1], voice, text, ids, row[1]);
      transformers.count(theirs == row[2], voice, text, theirs, row[2]);
      spoken.count(encoded.spoken == row[3], voice, text, encoded.spoken, row[3]);
      unknown.count(Json(encoded.unknown) == row[4], voice, text, Json(encoded.unknown).dump(), row[4].dump());
    }
  }
  EXPECT_GE(voices, 33);
  EXPECT_GE(original.texts, 29000);
  std::cout << original.texts << " texts in " << voices
            << " vocabularies; other ids than the original: " << original.differ
            << ", than transformers: " << transformers.differ << ", other text: " << spoken.differ
            << ", other unknown characters: " << unknown.differ << "\n";
}

TEST(Tokenizer, LowersEachCharacterAsPythonDoes) {
  const Json characters = formats::read_json(reference_folder() / "characters.json");
  const std::u32string spaces = decode_utf8(characters["space"].get<std::string>());
  const Json& lowered = characters["lower"];
  int64_t checked = 0;
  for (const char32_t character : decode_utf8(characters["assigned"].get<std::string>())) {
    const std::string symbol = encode_utf8({&character, 1});
    ASSERT_EQ(encode_utf8(lower_case(character)), lowered.value(symbol, symbol))
        << "U+" << std::hex << uint32_t(character);
    ASSERT_EQ(is_space(character), spaces.find(character) != std::u32string::npos)
        << "U+" << std::hex << uint32_t(character);
    ++checked;
  }
  EXPECT_GT(checked, 250000);
}

TEST(Tokenizer, KeepsTheBlanksAtThePaddingLetterWhichTransformersLoses) {
  EXPECT_EQ(Tokenizer(english()).encode("kick").ids.size(), 9u);
  EXPECT_EQ(Tokenizer(english(), Interspersing::kTransformers).encode("kick").ids.size(), 7u);
}

TEST(Tokenizer, CountsWhatTheVocabularyLacks) {
  const Encoded encoded = Tokenizer(english()).encode("Čau — 100 % Öl, Ölöl!");
  EXPECT_EQ(encoded.spoken, "au  100  l ll");
  const std::map<std::string, int64_t> expected{{"č", 1}, {"—", 1}, {"%", 1}, {"ö", 3}, {",", 1}, {"!", 1}};
  EXPECT_EQ(encoded.unknown, expected);
  const std::map<std::string, int64_t> missed{{"č", 1}, {"%", 1}, {"ö", 3}};
  EXPECT_EQ(audible(encoded.unknown), missed);
}

TEST(Tokenizer, NamesSymbolsOutsideTheEmbeddingRatherThanSpeakingThem) {
  auto settings = english();
  settings.normalize = false;
  const Encoded encoded = Tokenizer(settings).encode("Hi");
  EXPECT_EQ(words(encoded.ids), "0 " + std::to_string(settings.vocab.at("i")) + " 0");
  EXPECT_EQ(encoded.unknown.at("H"), 1);

  settings.vocab["<unk>"] = 38;  // a symbol of the embedding: transformers speaks it
  EXPECT_EQ(words(Tokenizer(settings).encode("Hi").ids), "0 38 0 " + std::to_string(settings.vocab.at("i")) + " 0");
}

TEST(Tokenizer, TakesAnyBytes) {
  const Tokenizer tokenizer(english());
  EXPECT_EQ(words(tokenizer.encode("").ids), "0");
  EXPECT_TRUE(Tokenizer(english(), Interspersing::kTransformers).encode("").ids.empty());
  const Encoded broken =
      tokenizer.encode(std::string("a\xff\xc3(\xed\xa0\x80"
                                   "b\0c",
                                   10));
  EXPECT_EQ(broken.spoken, "abc");
  EXPECT_EQ(broken.unknown.at(std::string(1, '\0')), 1);
  EXPECT_EQ(broken.unknown.at("\uFFFD"), 5);
  std::string megabyte;
  while (megabyte.size() < (1u << 20)) megabyte += "The quick brown fox - Ünï\xf0\x9f\x98\x80 ";
  const Encoded long_text = tokenizer.encode(megabyte);
  EXPECT_EQ(long_text.ids.size(), 2 * decode_utf8(long_text.spoken).size() + 1);
  for (const int64_t id : long_text.ids) ASSERT_LT(id, 38);
}

TEST(Tokenizer, GivesTheSameToSeveralThreads) {
  const Tokenizer tokenizer(english());
  const auto expected = tokenizer.encode("many hands make light work").ids;
  std::vector<std::thread> threads;
  std::atomic<int> differ = 0;
  for (int number = 0; number < 8; ++number)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round)
        differ += tokenizer.encode("many hands make light work").ids != expected;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(differ, 0);
}

TEST(TokenizerSettings, MissingKeysMeanWhatTheyMeanToTransformers) {
  const auto settings = settings_from_json(Json{{"a", 0}}, nullptr);
  EXPECT_TRUE(settings.add_blank && settings.normalize && settings.phonemize);
  EXPECT_FALSE(settings.is_uroman);
  EXPECT_EQ(settings.pad_token, "<pad>");
  EXPECT_EQ(settings.unk_token, "<unk>");
  EXPECT_EQ(settings.language, "");
  const auto objects =
      settings_from_json(Json{{"a", 0}}, Json{{"pad_token", {{"content", "a"}}}, {"language", nullptr}});
  EXPECT_EQ(objects.pad_token, "a");
}

TEST(TokenizerSettings, ErrorsNameFileAndKey) {
  const Json vocab{{"a", 0}};
  EXPECT_EQ(what([] {
              settings_from_json(Json{{"x", -3}}, {});
            }),
            "vocab.json, key \"x\": -3 is no id. Ids are whole numbers from 0.");
  EXPECT_EQ(what([] {
              settings_from_json(Json{{"x", "1"}}, {});
            }),
            "vocab.json, key \"x\": \"1\" is no id. Ids are whole numbers from 0.");
  EXPECT_NE(what([] { settings_from_json(Json::array(), {}); }).find("vocab.json holds a JSON array"),
            std::string::npos);
  EXPECT_EQ(what([&] {
              settings_from_json(vocab, Json{{"add_blank", "yes"}});
            }),
            "tokenizer_config.json, key \"add_blank\": \"yes\" is neither true nor false. Write one of the two.");
  EXPECT_EQ(what([&] {
              settings_from_json(vocab, Json{{"pad_token", 7}});
            }),
            "tokenizer_config.json, key \"pad_token\": 7 is no text. Write it in quotes.");
  EXPECT_NE(what([] { settings_from_vocab_txt("\n\n"); }).find("vocab.txt has no symbol"), std::string::npos);
}

TEST(TokenizerSettings, ComeFromTheLinesOfVocabTxt) {
  const auto settings = settings_from_vocab_txt("k\n \nа\r\n'\n\nb", "kmr", true);
  const std::map<std::string, int64_t> expected{{"k", 0}, {" ", 1}, {"а", 2}, {"'", 3}, {"b", 5}};
  EXPECT_EQ(settings.vocab, expected);
  EXPECT_EQ(settings.pad_token, "k");
  EXPECT_EQ(settings.language, "kmr");
  EXPECT_TRUE(settings.is_uroman && settings.add_blank && settings.normalize);
  EXPECT_FALSE(settings.phonemize);
}

TEST(TokenizerSettings, SurviveWritingAndReading) {
  auto settings = english();
  settings.is_uroman = true;
  const auto again = settings_from_json(vocab_json(settings), tokenizer_config_json(settings));
  EXPECT_EQ(again.vocab, settings.vocab);
  EXPECT_EQ(tokenizer_config_json(again), tokenizer_config_json(settings));
}

}  // namespace
}  // namespace vits::text
