#include "vits/exporter/convert.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <map>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/json.h"
#include "vits/formats/safetensors.h"

namespace vits::exporter {
namespace {

namespace fs = std::filesystem;
using checkpoint::read_voice;
using formats::Json;
using support::expect_text;
using support::variants;

class Conversion : public testing::Test {
 protected:
  fs::path out(const std::string& name) const { return folder_.path() / name; }

  static Json in_python(const std::vector<fs::path>& paths) {
    std::vector<std::string> words;
    for (const auto& path : paths) words.push_back(path.string());
    return Json::parse(support::run_python("tests/exporter/open_voices.py", words));
  }

  std::string error_of(const fs::path& from, const fs::path& to, const ConvertOptions& options = {}) {
    try {
      convert(from, to, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  base::TemporaryFolder folder_;
};

void expect_opens(const Json& opened, const Json& wanted, const std::string& what) {
  for (const char* key : {"missing_keys", "unexpected_keys", "mismatched_keys"})
    EXPECT_EQ(opened[key], Json::array()) << what << ": " << key;
  EXPECT_EQ(opened["bin_is_the_same"], true) << what;
  EXPECT_EQ(opened["dtype"], "torch.float32") << what;
  EXPECT_EQ(opened["ids"], wanted["ids"]) << what;
}

double largest_difference(const Json& a, const Json& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    largest = std::max(largest, std::abs(a[i].get<double>() - b[i].get<double>()));
  return largest;
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files[entry.path().filename().string()] = base::read_file(entry.path());
  return files;
}

TEST_F(Conversion, IntoAHuggingFaceFolderIsOpenedByTransformersAsTheSameVoice) {
  const auto source = variants(3);
  convert(source / "current", out("current"), {});
  convert(source / "classic", out("classic"), {});
  convert(source / "folded", out("folded"), {});
  convert(source / "voice.pt", out("archive"), {});
  convert(source / "sharded_bin", out("half"), {.dtype = "float16"});
  const auto opened =
      in_python({out("current"), out("classic"), out("folded"), out("archive"), out("half"), source / "current"});
  const Json& wanted = opened[5];
  EXPECT_EQ(wanted["unexpected_keys"].size(), 74u);  // the discriminators
  for (size_t i = 0; i < 5; ++i) expect_opens(opened[i], wanted, std::to_string(i));
  // Of the same weights two runs of Python differ in the last digits with where the tensors lie in memory.
  for (const size_t same : {0, 1, 3})
    EXPECT_LE(largest_difference(opened[same]["waveform"], wanted["waveform"]), 1e-6) << same;
  EXPECT_LE(largest_difference(opened[2]["waveform"], wanted["waveform"]), 1e-4);
  EXPECT_EQ(formats::read_safetensors_header(out("half") / "model.safetensors").tensors.begin()->second.dtype,
            at::kHalf);
  EXPECT_EQ(formats::read_json(out("current") / "speakers.json"),
            (Json{{"voice 0", 0}, {"voice 1", 1}, {"voice 2", 2}}));
}

TEST_F(Conversion, KeepsDiscriminatorsOnlyWhenAsked) {
  convert(variants() / "normed", out("without"), {});
  EXPECT_TRUE(read_voice(out("without")).discriminators.empty());
  convert(variants() / "normed", out("with"), {.keep_discriminators = true});
  EXPECT_EQ(read_voice(out("with")).discriminators.size(), 74u);
  expect_text(error_of(out("without"), out("x"), {.keep_discriminators = true}), "has no discriminators to keep");
}

TEST_F(Conversion, KeepsUnknownKeysOfTheConfigAndTheTokenizer) {
  fs::copy(variants() / "current", out("source"), fs::copy_options::recursive);
  Json config = formats::read_json(out("source") / "config.json");
  config["mine"] = {{"a", 1}};
  config["architectures"] = {"VitsModelForPreTraining"};
  formats::write_json(out("source") / "config.json", config);
  base::write_file(out("source") / "preprocessor_config.json", R"({"hop_length": 256})");
  convert(out("source"), out("result"), {});
  const Json written = formats::read_json(out("result") / "config.json");
  EXPECT_EQ(written["mine"], config["mine"]);
  EXPECT_EQ(written["architectures"], Json{"VitsModel"});
  EXPECT_EQ(written["torch_dtype"], "float32");
  EXPECT_EQ(formats::read_json(out("result") / "tokenizer_config.json"),
            formats::read_json(out("source") / "tokenizer_config.json"));
  EXPECT_TRUE(fs::exists(out("result") / "preprocessor_config.json"));
}

TEST_F(Conversion, OfAnOriginalVoiceIsOpenedByTransformers) {
  convert(support::original(support::kOriginals[0]), out("single"), {});
  convert(support::original(support::kOriginals[1]), out("speakers"), {});
  for (const auto& opened : in_python({out("single"), out("speakers")})) expect_opens(opened, opened, "original");
}

TEST_F(Conversion, IntoTheOriginalLayoutIsSpokenByThePublishedVits) {
  // Through the Hugging Face form and back: all that the published code needs must survive.
  std::vector<std::string> words{"--check"};
  for (const auto& which : support::kOriginals) {
    convert(support::original(which), out(which.name), {.keep_discriminators = true});
    convert(out(which.name), out(which.name + "_again"), {.format = "original"});
    words.push_back(out(which.name + "_again").string());
  }
  const Json all = Json::parse(support::run_python("tests/checkpoint/original_vits.py", words));
  ASSERT_EQ(all.size(), std::size(support::kOriginals));
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& which = support::kOriginals[i];
    const auto source = support::original(which);
    const Json& spoken = all[i];
    const auto wanted = formats::read_safetensors(source / "wanted.safetensors").at("waveform").flatten();
    const auto waveform = at::tensor(spoken["waveform"].get<std::vector<double>>());
    EXPECT_LE(support::distance(waveform, wanted), 1e-5) << which.name;
    EXPECT_EQ(spoken["judges"], true);
    EXPECT_EQ(spoken["iteration"], 0);
    EXPECT_EQ(spoken["has_optimizer"], false);
    EXPECT_EQ(spoken["learning_rate"], 2e-4);
    EXPECT_EQ(base::read_file(out(which.name + "_again") / "vocab.txt"), base::read_file(source / "vocab.txt"));
    // fairseq tells a romanised voice by this.
    const Json config = formats::read_json(out(which.name + "_again") / "config.json");
    EXPECT_TRUE(config["data"]["training_files"].get<std::string>().ends_with(".uroman"));
  }
}

TEST_F(Conversion, OfAnArchiveIntoAnArchiveStillRuns) {
  const auto source = variants(3) / "voice.pt";
  convert(source, out("same.pt"), {.format = "torchscript"});
  convert(source, out("other.pt"), {.format = "torchscript", .reinitialize = {"decoder.conv_post.weight"}, .seed = 5});
  const auto opened = in_python({source, out("same.pt"), out("other.pt")});
  EXPECT_LE(largest_difference(opened[1]["waveform"], opened[0]["waveform"]), 1e-6);
  EXPECT_EQ(opened[2]["waveform"].size(), opened[0]["waveform"].size());
  EXPECT_GE(largest_difference(opened[2]["waveform"], opened[0]["waveform"]), 1e-3);
}

TEST_F(Conversion, StartsAfreshTheSameWithTheSameSeed) {
  const auto fresh = [&](const std::string& name, int64_t seed) {
    const auto done =
        convert(variants() / "current", out(name), {.reinitialize = {"text_encoder.embed_tokens.*"}, .seed = seed});
    EXPECT_EQ(done.reinitialized, (std::vector<std::string>{"text_encoder.embed_tokens.weight"}));
    return read_voice(out(name)).generator;
  };
  const auto a = fresh("a", 1), b = fresh("b", 1), c = fresh("c", 2),
             before = read_voice(variants() / "current").generator;
  for (const auto& [name, tensor] : a) {
    EXPECT_TRUE(tensor.equal(b.at(name))) << name;
    EXPECT_EQ(tensor.equal(c.at(name)), name != "text_encoder.embed_tokens.weight") << name;
    EXPECT_EQ(tensor.equal(before.at(name)), name != "text_encoder.embed_tokens.weight") << name;
  }
}

TEST_F(Conversion, RefusesABrokenVoiceAndWritesNothing) {
  fs::copy(variants() / "current", out("source"), fs::copy_options::recursive);
  auto tensors = formats::read_safetensors(out("source") / "model.safetensors", formats::TensorMemory::copied);
  tensors.erase("decoder.conv_pre.weight");
  formats::write_safetensors(out("source") / "model.safetensors", tensors);
  expect_text(error_of(out("source"), out("result")), "1 missing: decoder.conv_pre.weight");
  EXPECT_FALSE(fs::exists(out("result")));
}

TEST_F(Conversion, ReplacesAVoiceOnlyWhenAskedAndNothingElseEver) {
  convert(variants() / "current", out("voice"), {});
  expect_text(error_of(variants() / "current", out("voice")), "--overwrite");
  EXPECT_EQ(error_of(variants() / "half", out("voice"), {.overwrite = true}), "no error");
  EXPECT_EQ(read_voice(out("voice")).dtype, at::kHalf);
  EXPECT_EQ(error_of(out("voice"), out("voice"), {.dtype = "float32", .overwrite = true}), "no error");  // onto itself
  EXPECT_EQ(read_voice(out("voice")).dtype, at::kFloat);

  fs::create_directory(out("home"));
  base::write_file(out("home") / "thesis.txt", "years of work");
  expect_text(error_of(variants() / "current", out("home"), {.overwrite = true}), "thesis.txt first");
  fs::create_directory(out("voice") / "checkpoints");
  expect_text(error_of(variants() / "current", out("voice"), {.overwrite = true}),
              "the folder checkpoints would be lost");
}

TEST_F(Conversion, RefusesADtypeThatAWeightIsTooLargeFor) {
  fs::copy(variants() / "current", out("loud"), fs::copy_options::recursive);
  auto tensors = formats::read_safetensors(out("loud") / "model.safetensors", formats::TensorMemory::copied);
  tensors.at("decoder.conv_pre.bias")[0] = 1e6;
  auto& widest = tensors.at("text_encoder.project.bias") = tensors.at("text_encoder.project.bias").to(at::kDouble);
  widest[0] = 65520;  // the first that float16 has no number for
  formats::write_safetensors(out("loud") / "model.safetensors", tensors);
  const std::string text = error_of(out("loud"), out("half"), {.dtype = "float16"});
  expect_text(text, "too large for float16");
  expect_text(text, "of decoder.conv_pre.bias, text_encoder.project.bias. Take --dtype bfloat16 or float32.");
  EXPECT_FALSE(fs::exists(out("half")));
  EXPECT_EQ(error_of(out("loud"), out("whole"), {.dtype = "bfloat16"}), "no error");

  widest[0] = 1e300;
  formats::write_safetensors(out("loud") / "model.safetensors", tensors);
  for (const char* format : {"original", "torchscript"})
    expect_text(error_of(out("loud"), out("x"), {.format = format}), "too large for float32");
  EXPECT_EQ(error_of(out("loud"), out("kept"), {}), "no error");
  EXPECT_FALSE(fs::exists(out("x")));
}

TEST_F(Conversion, RefusesOptionsThatTheFormatDoesNotHave) {
  expect_text(error_of(variants() / "current", out("x"), {.format = "original", .dtype = "float16"}),
              "--dtype float16");
  expect_text(error_of(variants() / "current", out("x"), {.format = "original", .keep_discriminators = true}),
              "--keep_discriminators");
}

// A file may then have at most so many bytes: what a full disk does, without filling one.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = signal(SIGXFSZ, SIG_IGN);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(Conversion, OntoAFullDiskLeavesTheOldVoiceWhole) {
  convert(variants() / "current", out("voice"), {});
  convert(variants() / "voice.pt", out("voice.pt"), {.format = "torchscript"});
  const auto before = contents(out("voice"));
  const auto archive = base::read_file(out("voice.pt"));
  for (const char* format : {"huggingface", "original"}) {
    const FileLimit full(100'000);
    const std::string text = error_of(variants() / "half", out("voice"), {.format = format, .overwrite = true});
    EXPECT_NE(text, "no error") << format;
    expect_text(text, "voice");
  }
  for (const char* source : {"voice.pt", "current"}) {
    const FileLimit full(100'000);
    EXPECT_NE(error_of(variants() / source, out("voice.pt"), {.format = "torchscript", .overwrite = true}), "no error");
  }
  EXPECT_EQ(contents(out("voice")), before);
  EXPECT_EQ(base::read_file(out("voice.pt")), archive);
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    EXPECT_TRUE(entry.path().filename() == "voice" || entry.path().filename() == "voice.pt") << entry.path();
}

TEST(WriteHuggingFace, RefusesWaveNetsThatTransformersWouldLoadAsRandomNumbers) {
  const base::TemporaryFolder folder;
  auto voice = read_voice(variants() / "current");
  const std::string layer = "flow.flows.0.wavenet.in_layers.0";
  std::set<std::string> used;
  voice.generator[layer + ".weight"] = checkpoint::tensor_named(voice.generator, layer + ".weight", used);
  for (const char* half : {"0", "1"}) voice.generator.erase(layer + ".parametrizations.weight.original" + half);
  EXPECT_THROW(write_huggingface(folder.path() / "voice", voice), Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace vits::exporter
