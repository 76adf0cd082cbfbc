#include "script_voice.h"

#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "support/voices.h"
#include "vits/exporter/convert.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/json.h"
#include "vits/formats/torchscript.h"

namespace vits::exporter {
namespace {

namespace fs = std::filesystem;
using checkpoint::read_voice;
using formats::Json;

class ScriptVoice : public testing::Test {
 protected:
  fs::path out(const std::string& name) const { return folder_.path() / name; }

  // The archive made of a voice, `wanted` beside it: see script_archives.py.
  Json compared(const std::vector<std::pair<std::string, fs::path>>& voices) {
    std::vector<std::string> words;
    for (const auto& [wanted, voice] : voices) {
      const fs::path archive = out(std::to_string(words.size()) + ".pt");
      convert(voice, archive, {.format = "torchscript"});
      words.insert(words.end(), {wanted, voice.string(), archive.string()});
    }
    return Json::parse(support::run_python("tests/exporter/script_archives.py", words));
  }

  base::TemporaryFolder folder_;
};

void expect_the_same(const Json& found, const std::string& what) {
  EXPECT_EQ(found["keys"], true) << what;
  EXPECT_EQ(found["values"], true) << what;
  EXPECT_EQ(found["learnable"], true) << what;
  EXPECT_EQ(found["dtypes"], Json{"torch.float32"}) << what;
  for (const auto& [method, difference] : found["worst"].items())
    EXPECT_LE(difference.get<double>(), 1e-5) << what << ": " << method;
}

TEST_F(ScriptVoice, HasTheMethodsTensorsAndFilesOfTheScriptsArchive) {
  const auto source = support::variants(3);
  const Json found = compared({{(source / "voice.pt").string(), source / "current"}})[0];
  expect_the_same(found, "voice.pt");
  EXPECT_EQ(found["worst"].size(), 9u);
  EXPECT_EQ(found["signatures"].size(), 9u);
  EXPECT_EQ(found["signatures"], found["signatures_wanted"]);
  for (const char* how : {"saved_again", "optimized"}) EXPECT_LE(found["others"][how].get<double>(), 1e-5) << how;
  auto files = found["files_wanted"];
  files.push_back("added_tokens.json");  // which Python's tokenizer makes up by itself
  std::sort(files.begin(), files.end());
  EXPECT_EQ(found["files"], files);
}

TEST_F(ScriptVoice, OfEveryConfigSpeaksAsTransformersDoesWithTheSameSeed) {
  const support::NamedVoice voices[] = {support::kSingleSpeaker, support::kFourSpeakers, support::kDeterministic,
                                        support::kUnusual, support::kWideWindow};
  std::vector<std::pair<std::string, fs::path>> all;
  for (const auto& voice : voices) all.emplace_back("modules", support::folder_of(voice));
  const Json found = compared(all);
  for (size_t i = 0; i < std::size(voices); ++i) {
    expect_the_same(found[i], voices[i].name);
    EXPECT_EQ(found[i]["worst"].contains("dp_rev"), voices[i].name.find("deterministic") == std::string::npos
                                                        && voices[i].name.find("wide") == std::string::npos);
  }
}

TEST_F(ScriptVoice, OfAnOriginalVoiceIsReadBackBitForBitAndSpeaksAsThePublishedVits) {
  std::vector<std::pair<std::string, fs::path>> all;
  for (const auto& which : support::kOriginals) {
    const auto source = support::original(which);
    all.emplace_back("published", source);
    convert(source, out(which.name + ".pt"), {.format = "torchscript"});
    const auto before = read_voice(source), after = read_voice(out(which.name + ".pt"));
    EXPECT_EQ(after.kind, checkpoint::VoiceKind::torchscript);
    EXPECT_EQ(after.vocab, before.vocab) << which.name;
    EXPECT_EQ(after.tokenizer_config, before.tokenizer_config) << which.name;
    EXPECT_EQ(after.speakers, before.speakers) << which.name;
    for (const auto part : {&checkpoint::VoiceFiles::generator, &checkpoint::VoiceFiles::discriminators}) {
      ASSERT_EQ((after.*part).size(), (before.*part).size()) << which.name;
      for (const auto& [name, tensor] : before.*part) EXPECT_TRUE((after.*part).at(name).equal(tensor)) << name;
    }
  }
  for (const auto& found : compared(all)) EXPECT_LE(found["worst"].get<double>(), 1e-5);
}

TEST_F(ScriptVoice, ComesBackAsTheSameHuggingFaceFolder) {
  convert(support::variants(3) / "current", out("before"), {.keep_discriminators = true});
  convert(out("before"), out("voice.pt"), {.format = "torchscript"});
  convert(out("voice.pt"), out("after"), {.keep_discriminators = true});
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(out("before"))) {
    const auto name = entry.path().filename();
    EXPECT_EQ(base::read_file(out("after") / name), base::read_file(entry.path())) << name;
    ++files;
  }
  EXPECT_GE(files, 8u);
}

TEST_F(ScriptVoice, OfTheSameWeightsIsTheSameFile) {
  for (const char* name : {"a.pt", "b.pt"}) convert(support::variants() / "bin", out(name), {.format = "torchscript"});
  EXPECT_EQ(base::read_file(out("a.pt")), base::read_file(out("b.pt")));
}

TEST_F(ScriptVoice, WithoutDiscriminatorsHasNoneAndTakesNewWeights) {
  convert(support::variants() / "half", out("folder"), {});
  convert(out("folder"), out("voice.pt"), {.format = "torchscript"});
  EXPECT_TRUE(read_voice(out("voice.pt")).discriminators.empty());
  convert(out("voice.pt"), out("new.pt"), {.format = "torchscript", .reinitialize = {"decoder.*"}, .seed = 3});
  const auto old = formats::read_torchscript(out("voice.pt")).tensors,
             changed = formats::read_torchscript(out("new.pt")).tensors;
  EXPECT_TRUE(old.at("model.flow.flows.0.conv_pre.weight").equal(changed.at("model.flow.flows.0.conv_pre.weight")));
  EXPECT_FALSE(old.at("model.decoder.conv_pre.weight").equal(changed.at("model.decoder.conv_pre.weight")));
}

}  // namespace
}  // namespace vits::exporter
