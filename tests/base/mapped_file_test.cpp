#include "vits/base/mapped_file.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <vector>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::base;

TEST(MappedFile, HoldsTheBytes) {
  TemporaryFolder folder;
  write_file(folder.path() / "a", "hello");
  write_file(folder.path() / "empty", "");
  const MappedFile file(folder.path() / "a");
  EXPECT_EQ(std::string(file.bytes().data(), file.bytes().size()), "hello");
  EXPECT_TRUE(MappedFile(folder.path() / "empty").bytes().empty());
  EXPECT_THROW(MappedFile(folder.path() / "none"), vits::Error);
  EXPECT_THROW(MappedFile(folder.path()), vits::Error);
}

// Reads the last byte of `path`, mapped among `others`, after the file was cut.
void read_what_is_gone(const fs::path& path, int others) {
  explain_lost_pages();
  std::vector<std::unique_ptr<MappedFile>> open;
  for (int i = 0; i < others; ++i) open.push_back(std::make_unique<MappedFile>(path.parent_path() / "other"));
  const MappedFile file(path);
  open.clear();
  fs::resize_file(path, 10);
  const volatile char* bytes = file.bytes().data();
  static_cast<void>(bytes[file.bytes().size() - 1]);
}

TEST(MappedFile, NamesAFileThatIsShortenedWhileItIsRead) {
  TemporaryFolder folder;
  write_file(folder.path() / "voice.bin", std::string(100'000, 'x'));
  write_file(folder.path() / "other", "y");
  EXPECT_EXIT(read_what_is_gone(folder.path() / "voice.bin", 3), testing::ExitedWithCode(1),
              "^error: .*/voice.bin became shorter while it was read");
}

TEST(MappedFile, LeavesOtherBusErrorsAsTheyWere) {
  TemporaryFolder folder;
  write_file(folder.path() / "voice.bin", std::string(100'000, 'x'));
  write_file(folder.path() / "other", "y");
  EXPECT_EXIT(
      {
        explain_lost_pages();
        ::raise(SIGBUS);
        ::raise(SIGBUS);
      },
      testing::KilledBySignal(SIGBUS), "^$");
  EXPECT_EXIT(read_what_is_gone(folder.path() / "voice.bin", 300), testing::KilledBySignal(SIGBUS), "^$")
      << "more files than are kept by name";
}

}  // namespace
