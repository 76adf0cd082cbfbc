// What a training that began with a TorchScript archive leaves: the Hugging Face folder and an archive in it.
#include <gtest/gtest.h>

#include <map>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/exporter/new_voice.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/zip.h"

namespace vits::exporter {
namespace {

namespace fs = std::filesystem;
using checkpoint::read_voice;
using checkpoint::VoiceFiles;
using checkpoint::VoiceKind;
using support::expect_text;
using support::variants;

class TrainedVoice : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  fs::path archive() const { return at("final/voice.torchscript.pt"); }

  static std::map<std::string, std::string> all_in(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder))
      files[entry.path().filename().string()] = base::read_file(entry.path());
    return files;
  }

  base::TemporaryFolder folder_;
};

VoiceFiles new_small_voice(const std::vector<std::string>& speakers = {}) {
  NewVoiceOptions options;
  options.size = "tiny";
  options.speakers = speakers;
  return new_voice(options);
}

// Every value a little larger, as if it had learned.
VoiceFiles taught(VoiceFiles voice) {
  for (auto* tensors : {&voice.generator, &voice.discriminators})
    for (auto& [name, tensor] : *tensors) tensor = tensor + 0.25;
  return voice;
}

void expect_weights(const VoiceFiles& found, const VoiceFiles& wanted) {
  for (const auto part : {&VoiceFiles::generator, &VoiceFiles::discriminators}) {
    ASSERT_EQ((found.*part).size(), (wanted.*part).size());
    for (const auto& [name, tensor] : wanted.*part) EXPECT_TRUE((found.*part).at(name).equal(tensor)) << name;
  }
  model::Generator generator(found.config);
  checkpoint::apply_weights(generator, nullptr, found);
}

std::map<std::string, std::string> code_in(const fs::path& archive) {
  std::map<std::string, std::string> code;
  const formats::ZipReader zip(archive);
  for (const auto& [name, entry] : zip.entries())
    if (const auto at = name.find("/code/"); at != std::string::npos) code[name.substr(at)] = zip.read(name).text();
  EXPECT_FALSE(code.empty());
  return code;
}

TEST_F(TrainedVoice, TakesThePlaceOfTheFolderThatItsOwnArchiveLiesIn) {
  fs::path source = variants(3) / "voice.pt";
  const auto code = code_in(source);
  for (int night = 1; night <= 3; ++night) {
    const VoiceFiles voice = taught(read_voice(source));
    EXPECT_EQ(write_trained(at("final"), voice, source), "") << night;
    expect_weights(read_voice(archive()), voice);
    EXPECT_EQ(code_in(archive()), code);
    const VoiceFiles folder = read_voice(at("final"));
    EXPECT_EQ(folder.kind, VoiceKind::huggingface);
    EXPECT_TRUE(folder.generator.at("text_encoder.embed_tokens.weight")
                    .equal(voice.generator.at("text_encoder.embed_tokens.weight")));
    source = archive();
  }
}

TEST_F(TrainedVoice, ThatItsArchiveCannotHoldGetsANewArchiveAndAReason) {
  const VoiceFiles voice = new_small_voice();
  write_torchscript(at("voice.pt"), voice);

  VoiceFiles more_symbols = taught(voice);
  more_symbols.vocab["ö"] = more_symbols.config.vocab_size++;
  at::Tensor& rows = more_symbols.generator.at("text_encoder.embed_tokens.weight");
  rows = at::cat({rows, rows.slice(0, 0, 1)});
  std::string note = write_trained(at("final"), more_symbols, at("voice.pt"));
  expect_text(note, "voice.torchscript.pt is a new archive with vits-train's own code: ");
  expect_text(note, "model.text_encoder.embed_tokens.weight is 30x12 in " + at("voice.pt").string());
  expect_weights(read_voice(archive()), more_symbols);
  EXPECT_EQ(read_voice(archive()).vocab, more_symbols.vocab);

  const VoiceFiles more_speakers = new_small_voice({"ann", "bea"});
  note = write_trained(at("final"), more_speakers, at("voice.pt"));
  expect_text(note, "lacks ");
  expect_weights(read_voice(archive()), more_speakers);
  EXPECT_EQ(read_voice(archive()).speakers, more_speakers.speakers);
}

TEST_F(TrainedVoice, WhoseArchiveIsGoneOrDamagedGetsANewArchiveAndAReason) {
  const VoiceFiles voice = taught(new_small_voice());
  write_torchscript(at("voice.pt"), voice);
  std::string cut = base::read_file(at("voice.pt"));
  cut.resize(cut.size() / 2);
  base::write_file(at("cut.pt"), cut);
  base::write_file(at("text.pt"), "no archive");
  for (const char* source : {"gone.pt", "cut.pt", "text.pt"}) {
    expect_text(write_trained(at("final"), voice, at(source)), at(source).string());
    expect_weights(read_voice(archive()), voice);
    EXPECT_EQ(code_in(archive()), code_in(at("voice.pt")));
  }
}

TEST_F(TrainedVoice, OfWhichOnePartCannotBeWrittenLeavesWhatWasThere) {
  VoiceFiles voice = new_small_voice();
  write_torchscript(at("voice.pt"), voice);
  EXPECT_EQ(write_trained(at("final"), voice, at("voice.pt")), "");
  const auto before = all_in(at("final"));
  EXPECT_TRUE(before.contains("voice.torchscript.pt"));
  voice = taught(voice);
  voice.generator["of.no.module"] = at::zeros({1});  // for which a folder has room and an archive has none
  EXPECT_THROW(write_trained(at("final"), voice, archive()), Error);
  EXPECT_EQ(all_in(at("final")), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 2);
}

TEST_F(TrainedVoice, ThatCameAsNoArchiveIsTheFolderAlone) {
  EXPECT_EQ(write_trained(at("final"), new_small_voice(), {}), "");
  EXPECT_TRUE(fs::exists(at("final/model.safetensors")));
  EXPECT_FALSE(fs::exists(archive()));
}

}  // namespace
}  // namespace vits::exporter
