// Against the published VITS, run from the package ttsmms.
#include "vits/checkpoint/original_layout.h"

#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/safetensors.h"

namespace vits::checkpoint {
namespace {

namespace fs = std::filesystem;
using support::distance;

TEST(OriginalVoice, SpeaksWhatThePublishedVitsSpeaks) {
  for (const auto& which : support::kOriginals) {
    const auto wanted = formats::read_safetensors(support::original(which) / "wanted.safetensors");
    const auto voice = read_voice(support::original(which));
    EXPECT_EQ(voice.kind, VoiceKind::original);
    EXPECT_EQ(voice.config.sampling_rate, 22050);
    const auto speech = support::spoken(voice, wanted.at("ids").unsqueeze(0), 0.0);
    EXPECT_LE(distance(speech, wanted.at("waveform")), 1e-4) << which.name;
  }
}

TEST(OriginalVoice, BringsItsDiscriminators) {
  for (const auto& which : support::kOriginals) {
    const auto wanted = formats::read_safetensors(support::original(which) / "wanted.safetensors");
    const auto voice = read_voice(support::original(which));
    ASSERT_EQ(voice.discriminators.size(), 74u);
    for (const auto& [name, tensor] : voice.discriminators)
      EXPECT_LE(distance(tensor, wanted.at("judges." + name)), 1e-6) << name;
    EXPECT_EQ(voice.config.discriminator_scale_channels, (std::vector<int64_t>{1, 4, 16, 64, 256}));
    EXPECT_EQ(voice.config.discriminator_period_channels, (std::vector<int64_t>{1, 2, 4, 8, 16}));
    model::Generator generator(voice.config);
    model::Discriminators discriminators(voice.config);
    apply_weights(generator, &discriminators, voice);
  }
}

TEST(OriginalVoice, TakesTheNewestGeneratorUnlessOneIsNamed) {
  const auto folder = support::original(support::kOriginals[0]);
  EXPECT_EQ(read_voice(folder).weights.front().filename(), "G_100000.pth");
  const auto older = read_voice(folder / "G_2000.pth");
  EXPECT_EQ(older.weights.size(), 1u);  // no D_2000.pth
  const char* name = "text_encoder.embed_tokens.weight";
  EXPECT_FALSE(older.generator.at(name).equal(read_voice(folder).generator.at(name)));
}

TEST(OriginalVoice, DescribesItsTextAsTransformersDoes) {
  const auto voice = read_voice(support::original(support::kOriginals[0]));
  EXPECT_EQ(voice.vocab.size(), 38u);
  EXPECT_EQ(voice.vocab["k"], 0);
  EXPECT_EQ(voice.tokenizer_config["add_blank"], true);
  EXPECT_EQ(voice.tokenizer_config["is_uroman"], true);  // training_files ends with .uroman
  EXPECT_EQ(voice.tokenizer_config["phonemize"], false);
  EXPECT_EQ(voice.tokenizer_config["pad_token"], "k");
}

TEST(OriginalVoice, TakesItsLanguageFromAFolderNamedAsMmsNamesThem) {
  const base::TemporaryFolder folder;
  fs::copy(support::original(support::kOriginals[0]), folder.path() / "ron", fs::copy_options::recursive);
  EXPECT_EQ(read_voice(folder.path() / "ron").tokenizer_config["language"], "ron");
}

TEST(OriginalSymbols, AreThoseOfThePublishedCodeWithoutAFile) {
  const base::TemporaryFolder folder;
  const auto symbols = original_symbols(folder.path(), formats::Json::object(), 178);
  ASSERT_EQ(symbols.size(), 178u);
  EXPECT_EQ(symbols[0], "_");
  EXPECT_EQ(symbols[16], " ");
  EXPECT_EQ(symbols[17], "A");
  EXPECT_EQ(symbols[177], "ᵻ");
  EXPECT_THROW(original_symbols(folder.path(), formats::Json::object(), 40), Error);
  base::write_file(folder.path() / "vocab.txt", "a\r\n \nc");
  EXPECT_EQ(original_symbols(folder.path(), {}, 3), (std::vector<std::string>{"a", " ", "c"}));
  EXPECT_THROW(original_symbols(folder.path(), {}, 4), Error);
}

TEST(OriginalNames, AreUndoneByTheirReverse) {
  for (const auto& which : support::kOriginals) {
    const auto voice = read_voice(support::original(which));
    const auto original = generator_to_original(voice.generator);
    EXPECT_TRUE(original.contains("dec.ups.0.weight_g"));
    EXPECT_TRUE(original.contains("enc_p.encoder.norm_layers_1.0.gamma"));
    EXPECT_EQ(original.at("enc_p.encoder.attn_layers.0.conv_q.weight").dim(), 3);
    for (const auto& [name, tensor] : original)
      EXPECT_FALSE(name.starts_with("text_encoder") || name.starts_with("duration_predictor")
                   || name.find("parametriz") != std::string::npos)
          << name;
  }
}

}  // namespace
}  // namespace vits::checkpoint
