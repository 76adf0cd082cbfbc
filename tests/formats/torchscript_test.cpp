#include "vits/formats/torchscript.h"

#include <gtest/gtest.h>

#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/safetensors.h"
#include "vits/formats/zip.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;

std::filesystem::path voices() {
  return vits::support::reference_data("formats_torchscript", "tests/formats/make_torchscript.py",
                                       {"single", "speakers"});
}

TEST(TorchScript, TensorsAreNamedAsPythonNamesThem) {
  const TorchScriptArchive archive = read_torchscript(python_files() / "script.pt");
  expect_equal(read_safetensors(python_files() / "script.safetensors"), archive.tensors);
  EXPECT_EQ(archive.extra_files, (ExtraFiles{{"config.json", "{\"a\": 1}"}, {"note.txt", "ڕ"}}));
  EXPECT_EQ(read_torchscript_extra_files(python_files() / "script.pt"), archive.extra_files);
}

TEST(TorchScript, AFileOfTorchSaveIsNone) {
  EXPECT_THROW(read_torchscript(python_files() / "mixed_zip.pth"), vits::Error);
  EXPECT_THROW(read_torchscript(python_files() / "mixed_legacy.pth"), vits::Error);
}

TEST(TorchScript, RewritingWithTheSameValuesChangesNoRecord) {
  TemporaryFolder folder;
  const auto source = python_files() / "script.pt", copy = folder.path() / "copy.pt";
  rewrite_torchscript(source, copy, read_torchscript(source).tensors);
  const ZipReader a(source), b(copy);
  ASSERT_EQ(a.entries().size(), b.entries().size());
  EXPECT_EQ(a.first_name(), b.first_name());
  for (const auto& [name, entry] : a.entries()) EXPECT_EQ(a.read(name).text(), b.read(name).text()) << name;
}

TEST(TorchScript, NewValuesOfSlicesAndTiedWeightsLandWhereTheyBelong) {
  TemporaryFolder folder;
  const auto source = python_files() / "script.pt", copy = folder.path() / "copy.pt";
  TensorMap values = read_torchscript(source).tensors;
  values["part"] = at::arange(8, at::kFloat).view(values["part"].sizes());
  values["out.weight"] = at::full({4, 4}, 2.0f).t();
  values["tied.weight"] = at::full({4, 4}, 2.0f);
  rewrite_torchscript(source, copy, values);
  expect_equal(values, read_torchscript(copy).tensors);
  rewrite_torchscript(copy, copy, {{"steps", at::scalar_tensor(9, at::kLong)}},
                      {{"note.txt", "new"}, {"more.txt", "more"}});
  const TorchScriptArchive again = read_torchscript(copy);
  EXPECT_EQ(again.tensors.at("steps").item<int64_t>(), 9);
  EXPECT_EQ(again.extra_files, (ExtraFiles{{"config.json", "{\"a\": 1}"}, {"more.txt", "more"}, {"note.txt", "new"}}));
}

TEST(TorchScript, WrongNewValuesAreErrorsAndLeaveNoFile) {
  TemporaryFolder folder;
  const auto source = python_files() / "script.pt", copy = folder.path() / "copy.pt";
  const auto message_of = [&](const TensorMap& values) -> std::string {
    try {
      rewrite_torchscript(source, copy, values);
    } catch (const vits::Error& error) {
      return error.what();
    }
    return "written";
  };
  EXPECT_NE(message_of({{"absent", at::zeros({1})}}).find("has no tensor absent"), std::string::npos);
  EXPECT_NE(message_of({{"first.bias", at::zeros({5})}}).find("[4]"), std::string::npos);
  EXPECT_NE(message_of({{"first.bias", at::zeros({4}, at::kHalf)}}).find("Half"), std::string::npos);
  EXPECT_NE(message_of({{"out.weight", at::zeros({4, 4})}}).find("shares memory"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(copy));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

class Voice : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Voices, Voice, ::testing::Values("single", "speakers"),
                         [](const auto& name) { return name.param; });

TEST_P(Voice, ArchiveHoldsTheFoldersWeightsAndSettings) {
  const auto folder = voices() / GetParam();
  EXPECT_EQ(file_kind(folder / "voice.pt"), FileKind::torchscript);
  const TorchScriptArchive archive = read_torchscript(folder / "voice.pt");
  TensorMap wanted;
  for (const auto& [key, value] : read_safetensors(folder / "model" / "model.safetensors")) {
    std::string name = key;
    if (name.ends_with("weight_g")) name.replace(name.size() - 8, 8, "parametrizations.weight.original0");
    if (name.ends_with("weight_v")) name.replace(name.size() - 8, 8, "parametrizations.weight.original1");
    wanted.emplace(name.starts_with("discriminator.") ? name : "model." + name, value);
  }
  expect_equal(wanted, archive.tensors);
  for (const char* name : {"config.json", "vocab.json", "tokenizer_config.json", "special_tokens_map.json"})
    EXPECT_EQ(archive.extra_files.at(name), vits::base::read_file(folder / "model" / name)) << name;
}

TEST_P(Voice, RewrittenArchiveSpeaksWithTheNewWeights) {
  TemporaryFolder folder;
  const auto source = voices() / GetParam(), copy = folder.path() / "renamed.pt";
  rewrite_torchscript(source / "voice.pt", copy, read_safetensors(source / "other.safetensors"),
                      {{"note.txt", "trained"}});
  const std::string said = vits::support::run_python(
      "tests/formats/check_torchscript.py", {copy.string(), (source / "wanted.safetensors").string(), "trained"});
  EXPECT_EQ(said, "equal\n");
}

}  // namespace
