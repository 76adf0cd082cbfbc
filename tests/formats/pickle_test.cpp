#include "vits/formats/pickle.h"

#include <gtest/gtest.h>

#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/safetensors.h"
#include "vits/formats/zip.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;
using Kind = PickleValue::Kind;

class TorchFile : public ::testing::TestWithParam<std::string> {
 protected:
  PickleValue read(const std::string& name) const {
    return read_torch_file(python_files() / (name + "_" + GetParam() + ".pth"));
  }
  std::string message_of(const std::string& name) const {
    try {
      read(name);
    } catch (const vits::Error& error) {
      return error.what();
    }
    return "read";
  }
};

INSTANTIATE_TEST_SUITE_P(Forms, TorchFile, ::testing::Values("zip", "legacy"),
                         [](const auto& form) { return form.param; });

TEST_P(TorchFile, TensorsOfEveryDtypeReadAsPythonWroteThem) { expect_mixed(read("mixed").tensors()); }

TEST_P(TorchFile, SlicesSharedStoragesAndOddStridesReadAsTheyLook) {
  expect_equal(read_safetensors(python_files() / "odd.safetensors"), read("odd").tensors());
}

TEST_P(TorchFile, TrainersFileGivesModelAndOptimizer) {
  const PickleValue file = read("G_1234");
  expect_equal(read_safetensors(python_files() / "G_1234.safetensors"), file.at("model").tensors());
  EXPECT_EQ(file.at("iteration").integer(), 1234);
  EXPECT_EQ(file.at("learning_rate").number(), 1.9e-4);
  EXPECT_EQ(file.at("optimizer").at("state").size(), 7u);
  const PickleValue group = file.at("optimizer").at("param_groups").item(0);
  EXPECT_EQ(group.at("betas").item(1).number(), 0.99);
  EXPECT_FALSE(group.at("amsgrad").boolean());
}

TEST_P(TorchFile, EveryKindOfDataReadsBack) {
  const PickleValue file = read("plain");
  EXPECT_TRUE(file.at("none").is(Kind::none));
  EXPECT_TRUE(file.at("yes").boolean());
  EXPECT_FALSE(file.at("no").boolean());
  EXPECT_EQ(file.at("small").integer(), 7);
  EXPECT_EQ(file.at("word").integer(), 40000);
  EXPECT_EQ(file.at("negative").integer(), -3);
  EXPECT_EQ(file.at("wide").integer(), 1ll << 40);
  EXPECT_THROW(file.at("huge").integer(), vits::Error);
  EXPECT_EQ(file.at("real").number(), -0.125);
  EXPECT_EQ(file.at("text").text(), "ڕۆژ");
  ASSERT_EQ(file.at("bytes").text().size(), 256u);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(static_cast<unsigned char>(file.at("bytes").text()[i]), i);
  EXPECT_EQ(file.at("list").item(1).item(1).text(), "three");
  EXPECT_TRUE(file.at("list").item(2).is(Kind::tuple));
  EXPECT_EQ(file.at("set").item(0).integer(), 5);
  EXPECT_EQ(file.at("size").item(1).integer(), 3);
  EXPECT_EQ(file.at("device").text(), "cuda:1");
  EXPECT_EQ(file.at("dtype").text(), "torch.float16");
  EXPECT_EQ(file.at("default").at("a").item(0).integer(), 1);
  EXPECT_EQ(file.at("many").size(), 3000u);
  EXPECT_EQ(file.at("many").item(2999).integer(), 2999);
  EXPECT_FALSE(file.find("absent"));
  EXPECT_THROW(file.at("absent"), vits::Error);
  EXPECT_THROW(file.at("text").integer(), vits::Error);
}

TEST_P(TorchFile, CodeIsRefusedByNameAndDoesNotRun) {
  const std::string message = message_of("evil");
  EXPECT_NE(message.find("asks for \"posix.system\", which is not data; nothing of it was run"), std::string::npos)
      << message;
  EXPECT_FALSE(std::filesystem::exists(python_files() / "it_ran"));
  const std::string module = message_of("module");
  EXPECT_NE(module.find("torch.nn.modules"), std::string::npos) << module;
}

TEST(TorchFiles, ValuesOutliveTheFileTheyCameFrom) {
  PickleValue kept;
  for (const auto& [key, value] : read_torch_file(python_files() / "plain_zip.pth").entries())
    if (key.is(Kind::text) && key.text() == "list") kept = value;
  EXPECT_EQ(kept.item(1).item(0).integer(), 2);
}

TEST(TorchFiles, DeflatedRecordsAreReadAndBombsAreNot) {
  expect_mixed(read_torch_file(python_files() / "deflated.pth").tensors());
  EXPECT_THROW(read_torch_file(python_files() / "bomb.pth"), vits::Error);
}

TEST(TorchFiles, WhatWeWritePythonAndWeRead) {
  TemporaryFolder folder;
  const auto source = python_files() / "mixed.safetensors", written = folder.path() / "pytorch_model.bin";
  TensorMap tensors = read_safetensors(source);
  tensors["float64"] = tensors["float64"].t().contiguous().t();
  write_torch_state(written, tensors);
  expect_mixed(read_torch_file(written).tensors());
  expect_python_reads(source, {written});
}

TEST(TorchFiles, ACheckpointOfTheOriginalLayoutReadsBackHereAndInPython) {
  TemporaryFolder folder;
  const auto source = python_files() / "mixed.safetensors", written = folder.path() / "G_1234.pth";
  write_torch_checkpoint(written, read_safetensors(source), {1234, 1.9e-4});
  const PickleValue file = read_torch_file(written);
  expect_mixed(file.at("model").tensors());
  EXPECT_EQ(file.at("iteration").integer(), 1234);
  EXPECT_EQ(file.at("learning_rate").number(), 1.9e-4);
  expect_python_reads(source, {written});
}

// Pickles written by hand, in a zip file around them.
std::string message_of_pickle(const std::string& pickle, const std::string& storage = std::string(16, '\0')) {
  TemporaryFolder folder;
  const auto path = folder.path() / "x.pth";
  ZipWriter zip(path);
  zip.add("archive/data.pkl", pickle);
  zip.add("archive/data/0", storage);
  zip.commit();
  try {
    read_torch_file(path);
  } catch (const vits::Error& error) {
    return error.what();
  }
  return "read";
}

std::string number(int64_t value) { return "\x8a\x08" + std::string(reinterpret_cast<const char*>(&value), 8); }

// A float tensor of one dimension over a storage that says it has `elements`.
std::string tensor_pickle(int64_t elements, int64_t offset, int64_t size, int64_t stride) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((X" + std::string("\7\0\0\0", 4) + "storagectorch\nFloatStorage\nX"
         + std::string("\1\0\0\0", 4) + "0X" + std::string("\3\0\0\0", 4) + "cpu" + number(elements) + "tQ"
         + number(offset) + number(size) + "\x85" + number(stride) + "\x85\x89N" + "tR";
}

TEST(TorchFiles, TensorsMayNotReachBeyondTheirRecords) {
  EXPECT_EQ(message_of_pickle(tensor_pickle(4, 0, 4, 1) + "."), "read");
  EXPECT_EQ(message_of_pickle(tensor_pickle(4, 1, 2, 2) + "."), "read");
  const std::string outside = "reaches outside";
  for (const auto& pickle :
       {tensor_pickle(4, 0, 5, 1), tensor_pickle(4, 1, 4, 1), tensor_pickle(4, -1, 2, 1), tensor_pickle(4, 0, 4, -1),
        tensor_pickle(4, 0, 3, 1ll << 62), tensor_pickle(4, 0, -1, 1), tensor_pickle(4, 1ll << 62, 2, 1)})
    EXPECT_NE(message_of_pickle(pickle + ".").find(outside), std::string::npos) << message_of_pickle(pickle + ".");
  EXPECT_NE(message_of_pickle(tensor_pickle(5, 0, 4, 1) + ".").find("has 16 bytes, 20 are expected"),
            std::string::npos);
  EXPECT_NE(message_of_pickle(tensor_pickle(1ll << 40, 0, 4, 1) + ".").find("are expected"), std::string::npos);
  EXPECT_NE(message_of_pickle(tensor_pickle(4, 0, 1ll << 40, 0) + ".").find("no model but a trap"), std::string::npos);
}

TEST(TorchFiles, LoopsDepthAndFoldedListsAreRefused) {
  EXPECT_NE(message_of_pickle("]q\1h\1a.").find("contains itself"), std::string::npos);
  EXPECT_NE(message_of_pickle(std::string(100'000, ']') + std::string(99'999, 'a') + ".").find("nested deeper"),
            std::string::npos);
  std::string laughs = "]q" + std::string(1, '\0');
  for (char level = 1; level < 100; ++level)
    laughs += std::string("](h") + static_cast<char>(level - 1) + "h" + static_cast<char>(level - 1) + "eq" + level;
  EXPECT_NE(message_of_pickle(laughs + ".").find("unfolds"), std::string::npos);
  EXPECT_NE(message_of_pickle(std::string(1'000'000, ']') + ".").find("more than 250000 values"), std::string::npos);
}

TEST(TorchFiles, EveryWayToNameAFunctionIsRefused) {
  const auto text = [](const std::string& value) {
    return "X" + std::string(1, static_cast<char>(value.size())) + std::string(3, '\0') + value;
  };
  for (const auto& pickle : {std::string("cos\nsystem\n."), std::string("(ios\nsystem\n."),
                             text("os") + text("system") + "\x93.", std::string("c__builtin__\neval\n."),
                             std::string("cbuiltins\ngetattr\n."), std::string("c__torch__\nVoice\n.")})
    EXPECT_NE(message_of_pickle(pickle).find("which is not data; nothing of it was run"), std::string::npos)
        << message_of_pickle(pickle);
}

}  // namespace
