#include "vits/base/files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vits/base/error.h"

namespace {

using namespace vits::base;

int entries_of(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, ShowsNothingBeforeItIsCommitted) {
  TemporaryFolder folder;
  const auto path = folder.path() / "deep/er/a.txt";
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
    EXPECT_EQ(read_file(path), "old");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries_of(path.parent_path()), 1);
  AtomicFile file(path);
  file.write("new");
  file.commit();
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(entries_of(path.parent_path()), 1);
}

TEST(AtomicFile, LeavesTheOldFileWhenTheDiskIsFull) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.bin";
  write_file(path, "old");
  const pid_t child = ::fork();
  if (child == 0) {  // in a process of its own: a file may have 1000 bytes, and then no more
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(path, std::string(5000, 'x'));
    } catch (const vits::Error& error) {
      ::_exit(std::string(error.what()).find("a.bin") == std::string::npos ? 2 : 0);
    }
    ::_exit(1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries_of(folder.path()), 1);
}

TEST(WriteLink, ReplacesWhatStoodThere) {
  TemporaryFolder folder;
  const auto path = folder.path() / "newest";
  write_file(path, "a file");
  write_file(folder.path() / "b.txt", "b");
  EXPECT_TRUE(write_link(path, "b.txt"));
  EXPECT_EQ(fs::read_symlink(path), "b.txt");
  EXPECT_EQ(read_file(path), "b");
  EXPECT_FALSE(write_link(folder.path() / "none" / "newest", "b.txt"));
  EXPECT_EQ(entries_of(folder.path()), 2);
}

TEST(AtomicFolder, ReplacesTheOldOneAtOnce) {
  TemporaryFolder folder;
  const auto path = folder.path() / "voice";
  for (const char* text : {"first", "second"}) {
    AtomicFolder made(path);
    write_file(made.path() / "a.txt", text);
    made.commit();
    EXPECT_EQ(read_file(path / "a.txt"), text);
  }
  { AtomicFolder dropped(path); }
  EXPECT_EQ(read_file(path / "a.txt"), "second");
  EXPECT_EQ(entries_of(folder.path()), 1);
}

TEST(RemoveUnfinished, TakesWhatAKilledProgramLeftAndNothingElse) {
  TemporaryFolder folder;
  for (const char* name : {"a.txt", ".a.txt.part", "a.txt.7-0.part", ".a.7-.part", ".7-0.part", ".a.7-0.part.old"})
    write_file(folder.path() / name, "mine");
  AtomicFile file(folder.path() / "b.txt");
  AtomicFolder voice(folder.path() / "voice");
  const pid_t child = ::fork();
  if (child == 0) {
    const AtomicFile killed_file(folder.path() / "c.txt");
    const AtomicFolder killed_folder(folder.path() / "other voice");
    write_file(killed_folder.path() / "weights", "half");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(entries_of(folder.path()), 10);
  remove_unfinished(folder.path());
  EXPECT_EQ(entries_of(folder.path()), 8);
  file.write("new");
  file.commit();
  voice.commit();
  EXPECT_EQ(read_file(folder.path() / "b.txt"), "new");
  EXPECT_TRUE(fs::is_directory(folder.path() / "voice"));
  remove_unfinished(folder.path());
  EXPECT_EQ(entries_of(folder.path()), 8);
  remove_unfinished(folder.path() / "none");
}

TEST(RemoveUnfinishedOf, TakesWhatWasLeftOfOneTargetAlone) {
  TemporaryFolder folder;
  const AtomicFolder at_work(folder.path() / "voice");
  for (const char* name : {".voice.7-0.part", ".voice.pt.7-0.part", ".other voice.7-0.part", "voice.7-0.part"})
    write_file(folder.path() / name, "half");
  remove_unfinished_of(folder.path() / "voice/");
  EXPECT_FALSE(fs::exists(folder.path() / ".voice.7-0.part"));
  EXPECT_EQ(entries_of(folder.path()), 4);
  EXPECT_TRUE(fs::exists(at_work.path()));
}

TEST(AtomicFile, PassesOverNamesThatAnotherProcessOfItsNumberLeft) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.txt";
  std::string name;
  {
    AtomicFile probe(path);
    name = probe.temporary_path().string();
  }
  const size_t dash = name.rfind('-');
  const int number = std::stoi(name.substr(dash + 1));
  for (int taken = number + 1; taken <= number + 3; ++taken)
    fs::create_directory(fmt::format("{}-{}.part", name.substr(0, dash), taken));
  write_file(path, "new");
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(entries_of(folder.path()), 4);
}

TEST(ReadFile, NamesTheFileItCannotRead) {
  TemporaryFolder folder;
  const auto message = [](const fs::path& path) {
    try {
      read_file(path, 10);
    } catch (const vits::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message(folder.path() / "none").find("none: No such file"), std::string::npos);
  EXPECT_NE(message(folder.path()).find("is a folder"), std::string::npos);
  write_file(folder.path() / "long", "12345678901");
  EXPECT_NE(message(folder.path() / "long").find("11 bytes"), std::string::npos);
}

}  // namespace
