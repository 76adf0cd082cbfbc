#include "vits/formats/file_kind.h"

#include <gtest/gtest.h>

#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::formats;

FileKind kind_of(const std::string& bytes) {
  vits::base::TemporaryFolder folder;
  vits::base::write_file(folder.path() / "x.bin", bytes);
  return file_kind(folder.path() / "x.bin");
}

TEST(FileKind, IsToldByContent) {
  const auto files = python_files();
  EXPECT_EQ(file_kind(files / "mixed.safetensors"), FileKind::safetensors);
  EXPECT_EQ(file_kind(files / "mixed_zip.pth"), FileKind::torch_zip);
  EXPECT_EQ(file_kind(files / "deflated.pth"), FileKind::torch_zip);
  EXPECT_EQ(file_kind(files / "mixed_legacy.pth"), FileKind::torch_legacy);
  EXPECT_EQ(file_kind(files / "script.pt"), FileKind::torchscript);
  EXPECT_EQ(file_kind(files / "sharded" / "model.safetensors.index.json"), FileKind::json);
  EXPECT_EQ(kind_of(" \n[1]"), FileKind::json);
  EXPECT_EQ(kind_of("a\nbéê\n"), FileKind::text);
  std::string letter_at_the_end_of_the_look((64 << 10) - 1, 'a');
  letter_at_the_end_of_the_look += "é and more";
  EXPECT_EQ(kind_of(letter_at_the_end_of_the_look), FileKind::text);
  EXPECT_EQ(kind_of("\xff\xfe"), FileKind::unknown);
  EXPECT_EQ(kind_of(std::string("a\0b", 3)), FileKind::unknown);
  EXPECT_EQ(kind_of(""), FileKind::unknown);
  EXPECT_THROW(file_kind("/nonexistent/file"), vits::Error);
}

TEST(FileKind, OfAFileCutShortIsStillTold) {
  const auto files = python_files();
  EXPECT_EQ(kind_of(vits::base::read_file(files / "mixed_zip.pth").substr(0, 2000)), FileKind::torch_zip);
  EXPECT_EQ(kind_of(vits::base::read_file(files / "mixed.safetensors").substr(0, 100)), FileKind::safetensors);
  EXPECT_EQ(kind_of(vits::base::read_file(files / "mixed_legacy.pth").substr(0, 100)), FileKind::torch_legacy);
}

}  // namespace
