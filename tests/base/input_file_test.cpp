#include "vits/base/input_file.h"

#include <gtest/gtest.h>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/mapped_output.h"

namespace vits::base {
namespace {

TEST(InputFile, ReadsFromAnyPlaceAndLessAtTheEnd) {
  TemporaryFolder folder;
  write_file(folder.path() / "a", "0123456789");
  const InputFile file(folder.path() / "a");
  char bytes[8] = {};
  EXPECT_EQ(file.bytes(), 10);
  EXPECT_EQ(file.read(3, bytes, 4), 4u);
  EXPECT_EQ(std::string(bytes, 4), "3456");
  EXPECT_EQ(file.read(8, bytes, 4), 2u);
  EXPECT_EQ(file.read(20, bytes, 4), 0u);
  EXPECT_THROW(InputFile(folder.path() / "b"), Error);
}

TEST(MappedOutput, StandsAtItsPlaceOnlyAfterCommit) {
  TemporaryFolder folder;
  const auto path = folder.path() / "new" / "file";
  {
    MappedOutput dropped(path, 5);
    dropped.bytes()[0] = 'x';
  }
  EXPECT_TRUE(fs::is_empty(folder.path() / "new"));
  MappedOutput file(path, 5);
  std::copy_n("hello", 5, file.bytes().begin());
  EXPECT_FALSE(fs::exists(path));
  file.commit(" world");
  EXPECT_EQ(read_file(path), "hello world");
  MappedOutput empty(path, 0);
  empty.commit("tail");
  EXPECT_EQ(read_file(path), "tail");
}

TEST(MappedOutput, SaysSoWhenTheDiskIsTooSmall) {
  TemporaryFolder folder;
  EXPECT_THROW(MappedOutput(folder.path() / "file", size_t{1} << 55), Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace vits::base
