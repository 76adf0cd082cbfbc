// How a voice reads its text, kept through the original layout, which has no place for most of it.
#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "vits/base/files.h"
#include "vits/checkpoint/original_layout.h"
#include "vits/exporter/convert.h"
#include "vits/exporter/new_voice.h"
#include "vits/exporter/write_voice.h"

namespace vits::exporter {
namespace {

namespace fs = std::filesystem;
using checkpoint::read_voice;
using formats::Json;

checkpoint::VoiceFiles tiny_voice() {
  NewVoiceOptions options;
  options.size = "tiny";
  return new_voice(options);
}

class OriginalText : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }

  // A Hugging Face voice with these settings, and what it has when it comes back.
  checkpoint::VoiceFiles there_and_back(const Json& settings) {
    auto voice = tiny_voice();
    voice.tokenizer_config.update(settings);
    write_huggingface(at("voice"), voice);
    convert(at("voice"), at("original"), {.format = "original", .overwrite = true});
    convert(at("original"), at("back"), {.overwrite = true});
    return read_voice(at("back"));
  }

  // Of an original folder as other programs write it: without our key, with these cleaners.
  Json read_with(const Json& cleaners, bool vocab_txt = true) {
    auto voice = tiny_voice();
    write_original(at("foreign"), voice);
    Json config = formats::read_json(at("foreign") / "config.json");
    config.erase(checkpoint::kTokenizerKey);
    config["data"]["text_cleaners"] = cleaners;
    if (!vocab_txt) {
      config["symbols"] = Json::array();
      for (size_t id = 0; id < voice.vocab.size(); ++id)
        for (const auto& [symbol, number] : voice.vocab.items())
          if (number == id) config["symbols"].push_back(symbol);
      fs::remove(at("foreign") / "vocab.txt");
    }
    formats::write_json(at("foreign") / "config.json", config);
    const Json settings = read_voice(at("foreign")).tokenizer_config;
    fs::remove_all(at("foreign"));
    return settings;
  }

  base::TemporaryFolder folder_;
};

TEST_F(OriginalText, ComesBackWithEverySettingOfTheTokenizer) {
  for (const Json& settings :
       {Json{{"phonemize", true}, {"language", "en-us"}}, Json{{"phonemize", false}, {"language", "kor"}},
        Json{{"is_uroman", true}, {"language", "ron"}}, Json{{"normalize", false}, {"add_blank", false}},
        Json{{"mine", {{"a", 1}}}, {"language", nullptr}}}) {
    const auto back = there_and_back(settings);
    const auto source = read_voice(at("voice"));
    EXPECT_EQ(back.tokenizer_config, source.tokenizer_config) << settings.dump();
    EXPECT_EQ(read_voice(at("original")).tokenizer_config, source.tokenizer_config) << settings.dump();
    EXPECT_EQ(back.vocab, source.vocab);
    for (const auto& [key, value] : settings.items()) EXPECT_EQ(back.tokenizer_config[key], value) << key;
  }
}

TEST_F(OriginalText, ComesBackAsTheSameSound) {
  const auto back = there_and_back({{"phonemize", true}});
  const auto ids = at::arange(0, 24, at::kLong).unsqueeze(0);
  EXPECT_LE(support::distance(support::spoken(back, ids, 0.0), support::spoken(read_voice(at("voice")), ids, 0.0)),
            1e-4);
}

TEST_F(OriginalText, ComesBackWithoutSymbolsForIdsThatHaveNone) {
  auto voice = tiny_voice();
  voice.vocab.erase("b");
  write_original(at("original"), voice);
  EXPECT_EQ(read_voice(at("original")).vocab, voice.vocab);
}

TEST_F(OriginalText, IsOfPhonemesWhereTheCleanersMakeThem) {
  EXPECT_EQ(read_with({"english_cleaners2"})["phonemize"], true);
  EXPECT_EQ(read_with("english_cleaners2")["phonemize"], true);
  EXPECT_EQ(read_with({"english_cleaners2"}, false)["phonemize"], true);
  EXPECT_EQ(read_with({"transliteration_cleaners"})["phonemize"], false);
  EXPECT_EQ(read_with({"transliteration_cleaners"}, false)["phonemize"], false);
  // Of cleaners that say nothing, MMS's vocab.txt says letters, and a voice without one is of the published symbols.
  for (const Json& unknown : {Json{"x"}, Json(nullptr), Json(7)}) {
    EXPECT_EQ(read_with(unknown)["phonemize"], false) << unknown.dump();
    EXPECT_EQ(read_with(unknown, false)["phonemize"], true) << unknown.dump();
  }
}

}  // namespace
}  // namespace vits::exporter
