#include "vits/formats/safetensors.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;

std::string file_of(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data_bytes, '\1');
}

std::string safetensors_message(const std::string& bytes) {
  TemporaryFolder folder;
  const auto path = folder.path() / "x.safetensors";
  vits::base::write_file(path, bytes);
  try {
    read_safetensors(path);
  } catch (const vits::Error& error) {
    return error.what();
  }
  return "read";
}

TEST(Safetensors, ReadsWhatThePythonPackageWrote) {
  const TensorMap tensors = read_safetensors(python_files() / "mixed.safetensors");
  expect_mixed(tensors);
  expect_mixed(read_safetensors(python_files() / "mixed.safetensors", TensorMemory::copied));
}

TEST(Safetensors, ListsWithoutReadingTheData) {
  const SafetensorsHeader header = read_safetensors_header(python_files() / "mixed.safetensors");
  EXPECT_EQ(header.tensors.size(), 13u);
  EXPECT_EQ(header.tensors.at("bfloat16").dtype, at::kBFloat16);
  EXPECT_EQ(header.tensors.at("bfloat16").shape, (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(header.tensors.at("empty").bytes, 0u);
}

TEST(Safetensors, MappedTensorsOutliveTheReader) {
  TensorMap tensors = read_safetensors(python_files() / "mixed.safetensors");
  const at::Tensor kept = tensors.at("float32");
  tensors.clear();
  EXPECT_EQ(kept.sum().item<float>(), 105.0f);
}

TEST(Safetensors, ReadsShardsAndMindsTheirIndex) {
  const auto folder = python_files() / "sharded";
  const TensorMap tensors = read_sharded_safetensors(folder / "model.safetensors.index.json");
  ASSERT_EQ(tensors.size(), 6u);
  EXPECT_TRUE(tensors.at("layer.2.1").equal(at::full({2, 3}, 21.0f)));

  TemporaryFolder copy;
  std::filesystem::copy(folder, copy.path(), std::filesystem::copy_options::recursive);
  const auto shard = copy.path() / "model-00002-of-00003.safetensors";
  TensorMap changed = read_safetensors(shard, TensorMemory::copied);
  changed.erase("layer.1.0");
  write_safetensors(shard, changed);
  EXPECT_THROW(read_sharded_safetensors(copy.path() / "model.safetensors.index.json"), vits::Error);
  vits::base::write_file(copy.path() / "escape.json",
                         R"({"weight_map": {"a": "../model-00001-of-00003.safetensors"}})");
  EXPECT_THROW(read_sharded_safetensors(copy.path() / "escape.json"), vits::Error);
}

TEST(Safetensors, WhatWeWritePythonReads) {
  TemporaryFolder folder;
  const auto source = python_files() / "mixed.safetensors", written = folder.path() / "written.safetensors";
  TensorMap tensors = read_safetensors(source);
  tensors["float32"] = tensors["float32"].t().contiguous().t();  // not contiguous
  write_safetensors(written, tensors);
  expect_mixed(read_safetensors(written));
  expect_python_reads(source, {written});
}

TEST(Safetensors, WritesTheSameBytesForTheSameTensors) {
  TemporaryFolder folder;
  const TensorMap tensors = read_safetensors(python_files() / "mixed.safetensors");
  write_safetensors(folder.path() / "a", tensors);
  write_safetensors(folder.path() / "b", read_safetensors(folder.path() / "a"));
  EXPECT_EQ(vits::base::read_file(folder.path() / "a"), vits::base::read_file(folder.path() / "b"));
}

TEST(Safetensors, OverwritesTheFileItReadsFrom) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  std::filesystem::copy_file(python_files() / "mixed.safetensors", path);
  write_safetensors(path, read_safetensors(path));
  expect_mixed(read_safetensors(path));
}

TEST(Safetensors, SaysWhatIsWrongWithADamagedFile) {
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << text;
  };
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_EQ(safetensors_message(file_of(good, 8)), "read");
  EXPECT_TRUE(contains(safetensors_message(file_of(good, 7)), "cut short"));
  EXPECT_TRUE(contains(safetensors_message(file_of(good, 9)), "1 bytes after its tensors"));
  EXPECT_TRUE(contains(safetensors_message(""), "only 0 bytes"));
  EXPECT_TRUE(contains(safetensors_message(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{", 9)),
                       "would have 9223372036854775807 bytes"));
  EXPECT_TRUE(contains(safetensors_message(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                                   R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                                                   8)),
                       "twice"));
  EXPECT_TRUE(contains(safetensors_message(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                                   R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                                                   12)),
                       "overlap"));
  EXPECT_TRUE(contains(
      safetensors_message(file_of(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0)),
      "do not fit"));
  EXPECT_TRUE(contains(safetensors_message(file_of(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", 2)),
                       "F8_E4M3"));
  EXPECT_TRUE(contains(safetensors_message(file_of(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8)),
                       "properly"));
  EXPECT_TRUE(contains(safetensors_message(file_of(R"({"a":{"dtype":"F32","shape":[2]}})", 8)), "properly"));
  EXPECT_TRUE(contains(safetensors_message(file_of(R"({"a":)", 8)), "not JSON"));
}

}  // namespace
