// What `convert --overwrite` and the end of a training may replace, and what they must leave alone.
#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/exporter/convert.h"
#include "vits/exporter/write_voice.h"

namespace vits::exporter {
namespace {

namespace fs = std::filesystem;
using checkpoint::read_voice;
using checkpoint::VoiceKind;
using support::expect_text;
using support::variants;

class Replacement : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }

  std::string error_of(const std::string& to, const std::string& format = "huggingface") {
    try {
      convert(variants() / "half", at(to), {.format = format, .overwrite = true});
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  static std::string refusal_of(const fs::path& folder) {
    try {
      check_replaceable(folder);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  int entries() const {
    return static_cast<int>(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  base::TemporaryFolder folder_;
};

TEST_F(Replacement, OfAVoiceByOneOfAnotherLayoutIsDone) {
  convert(variants(3) / "current", at("voice"), {.keep_discriminators = true});
  EXPECT_EQ(error_of("voice", "original"), "no error");
  EXPECT_EQ(read_voice(at("voice")).kind, VoiceKind::original);
  EXPECT_EQ(error_of("voice/"), "no error");
  EXPECT_EQ(read_voice(at("voice")).kind, VoiceKind::huggingface);
  EXPECT_EQ(entries(), 1);
}

TEST_F(Replacement, TakesEveryFormOfAHuggingFaceVoiceAndTheOriginalOne) {
  for (const char* name : {"current", "bin", "sharded", "sharded_bin", "misnamed"})
    EXPECT_EQ(refusal_of(variants(3) / name), "no error") << name;
  for (const auto& name : {".DS_Store", ".model.safetensors.7-0.part", "voice.torchscript.pt"}) {
    fs::copy(variants() / "current", at("voice"), fs::copy_options::recursive);
    base::write_file(at("voice") / name, "x");
    EXPECT_EQ(refusal_of(at("voice")), "no error") << name;
    fs::remove_all(at("voice"));
  }
  convert(variants() / "current", at("original"), {.format = "original"});
  EXPECT_EQ(refusal_of(at("original")), "no error");
}

TEST_F(Replacement, OfAFolderThatIsNoVoiceNamesWhatWouldBeLost) {
  for (const char* config : {R"({"name": "my web app"})", R"({"model_type": "bert"})", "no json at all", "[]",
                             R"({"model": {"layers": 3}, "data": {}})"}) {
    fs::create_directory(at("project"));
    base::write_file(at("project") / "config.json", config);
    base::write_file(at("project") / "Makefile", "all:");
    base::write_file(at("project") / "model.safetensors", "x");
    for (const char* format : {"huggingface", "original"}) {
      const std::string text = error_of("project", format);
      expect_text(text, "its config.json describes no VITS");
      expect_text(text, "Makefile first");
    }
    EXPECT_EQ(base::read_file(at("project") / "Makefile"), "all:");
    fs::remove_all(at("project"));
  }
  fs::create_directory(at("half"));
  base::write_file(at("half") / "config.json", R"({"model_type": "vits"})");
  expect_text(error_of("half"), "it has no weights");
  fs::create_directory(at("home"));
  base::write_file(at("home") / "thesis.txt", "years of work");
  expect_text(error_of("home"), "it has no config.json): what it holds would be lost, thesis.txt first");
}

TEST_F(Replacement, OfAVoiceWithOtherThingsBesideItNamesTheFirst) {
  convert(variants() / "current", at("voice"), {});
  base::write_file(at("voice") / "rec.wav", "sound");
  expect_text(error_of("voice"), "rec.wav would be lost");
  base::write_file(at("voice") / "notes.txt", "mine");
  expect_text(error_of("voice"), "notes.txt would be lost");
  fs::create_directory(at("voice") / "checkpoints");
  expect_text(error_of("voice"), "the folder checkpoints would be lost");
  EXPECT_EQ(base::read_file(at("voice") / "rec.wav"), "sound");
  EXPECT_EQ(read_voice(at("voice")).dtype, at::kFloat);

  convert(variants() / "current", at("original"), {.format = "original"});
  base::write_file(at("original") / "vocab.json", "{}");  // of the other layout
  expect_text(error_of("original"), "vocab.json would be lost");
}

TEST_F(Replacement, OfAFileByAnArchiveIsDoneForAnArchiveAlone) {
  base::write_file(at("note.txt"), "hello");
  expect_text(error_of("note.txt", "torchscript"), "is a text file and no TorchScript archive: it would be lost");
  EXPECT_EQ(base::read_file(at("note.txt")), "hello");
  fs::copy(variants() / "bin/pytorch_model.bin", at("voice.pt"));
  expect_text(error_of("voice.pt", "torchscript"), "is a PyTorch file and no TorchScript archive");
  fs::copy(variants() / "voice.pt", at("voice.pt"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(error_of("voice.pt", "torchscript"), "no error");
  base::write_file(at("empty"), "");
  EXPECT_EQ(error_of("empty", "torchscript"), "no error");
  EXPECT_EQ(read_voice(at("empty")).kind, VoiceKind::torchscript);
}

TEST_F(Replacement, FollowsALinkAndLeavesIt) {
  convert(variants() / "current", at("voice"), {});
  fs::copy(variants() / "voice.pt", at("voice.pt"));
  fs::create_directory_symlink("voice", at("newest"));
  fs::create_symlink("voice.pt", at("newest.pt"));
  fs::create_symlink("nothing", at("astray"));
  EXPECT_EQ(error_of("newest"), "no error");
  EXPECT_EQ(fs::read_symlink(at("newest")), "voice");
  EXPECT_EQ(read_voice(at("voice")).dtype, at::kHalf);
  const auto before = base::read_file(at("voice.pt"));
  convert(variants() / "current", at("newest.pt"),
          {.format = "torchscript", .reinitialize = {"decoder.*"}, .overwrite = true});
  EXPECT_EQ(fs::read_symlink(at("newest.pt")), "voice.pt");
  EXPECT_NE(base::read_file(at("voice.pt")), before);
  for (const char* format : {"huggingface", "original", "torchscript"})
    expect_text(error_of("astray", format), "astray is a link to nothing, where nothing stands");
  EXPECT_TRUE(fs::is_symlink(at("astray")));
}

TEST_F(Replacement, TidiesWhatAKilledWriterOfTheSamePlaceLeft) {
  for (const char* name : {".voice.7-0.part", ".voice.pt.7-0.part", ".other.7-0.part"})
    base::write_file(at(name), "half");
  fs::create_directory(at(".voice.8-0.part"));
  base::write_file(at(".voice.8-0.part") / "model.safetensors", "half");
  EXPECT_EQ(error_of("voice"), "no error");
  EXPECT_EQ(entries(), 3);  // the voice and what is not its own
  EXPECT_EQ(error_of("voice.pt", "torchscript"), "no error");
  EXPECT_EQ(error_of("voice", "original"), "no error");
  EXPECT_EQ(entries(), 3);
  EXPECT_TRUE(fs::exists(at(".other.7-0.part")));
}

}  // namespace
}  // namespace vits::exporter
