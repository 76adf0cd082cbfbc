// Further runs of prepare: what is finished is kept, whatever ended the run before, and only what changed is made anew.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "journal.h"
#include "recordings.h"

namespace {

using namespace vits::data_tests;
using vits::base::read_file;
using vits::base::TemporaryFolder;
using vits::data::Prepared;
using vits::data::PrepareListener;
using vits::data::PrepareOptions;

PrepareOptions options_for_short_tones() {
  PrepareOptions options = options_for_tones();
  options.clip.min_seconds = 0.01;
  options.clip.sample_rate_hz = 8000;
  return options;
}

// More clips than a batch of the journal holds, a few of them bad.
void add_many(const fs::path& folder, int clips) {
  std::string lines;
  for (int i = 0; i < clips; ++i) {
    const std::string id = "c" + std::to_string(i);
    if (i % 100 == 50)
      write_file(folder / "wavs" / (id + ".wav"), "");
    else
      write_wav(folder / "wavs" / (id + ".wav"), tone(0.03, 8000, 200 + i), 8000);
    lines += id + "|Text " + std::to_string(i) + "\n";
  }
  write_file(folder / "metadata.csv", lines);
}

// Runs prepare in a process of its own and gives how that ended.
int status_of_child(const std::function<void()>& run) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      run();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(PrepareAgain, AfterAKillAtAnyMomentEndsWithTheSameBytes) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips", out = folder.path() / "out", whole = folder.path() / "whole";
  add_many(clips, 1200);
  const PrepareOptions options = options_for_short_tones();
  run_prepare({clips}, whole, options);
  for (const int64_t fatal : {1, 499, 640, 1199}) {
    const int status = status_of_child([&] {
      int64_t calls = 0;
      PrepareListener listener;
      listener.progress = [&](int64_t, int64_t) {
        if (++calls == fatal) ::kill(::getpid(), SIGKILL);
      };
      run_prepare({clips}, out, options, listener);
    });
    ASSERT_TRUE(WIFSIGNALED(status)) << fatal;
  }
  const Prepared last = run_prepare({clips}, out, options);
  EXPECT_GE(last.kept_from_before, 500);
  EXPECT_EQ(last.made + last.kept_from_before, 1188);
  EXPECT_EQ(tree(out), tree(whole));
  EXPECT_FALSE(fs::exists(out / ".prepare" / "unfinished"));
}

TEST(PrepareAgain, AfterKillsByTheClockEndsWithTheSameBytes) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips", out = folder.path() / "out", whole = folder.path() / "whole";
  add_many(clips, 600);
  const PrepareOptions options = options_for_short_tones();
  run_prepare({clips}, whole, options);
  for (int milliseconds = 2; milliseconds < 2000; milliseconds *= 2) {
    const pid_t child = ::fork();
    if (child == 0) {
      run_prepare({clips}, out, options);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(milliseconds) * 1000);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) break;
  }
  run_prepare({clips}, out, options);
  EXPECT_EQ(tree(out), tree(whole));
}

TEST(PrepareAgain, MakesOnlyWhatChanged) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  for (int i = 0; i < 8; ++i)
    corpus.add("c" + std::to_string(i), "Text " + std::to_string(i), tone(0.6, 8000, 300 + i), 8000);
  const fs::path out = folder.path() / "out", afresh = folder.path() / "afresh";
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 8);
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 0);

  write_wav(corpus.wav("c3"), tone(0.7, 8000, 1000), 8000);
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 1);
  // The same length, another sound.
  write_wav(corpus.wav("c3"), tone(0.7, 8000, 1100), 8000);
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 1);
  // Touched, not changed.
  fs::last_write_time(corpus.wav("c4"), fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 0);
  // Another text needs no other sound.
  write_file(corpus.folder() / "metadata.csv", read_file(corpus.folder() / "metadata.csv") + "c8|New.\n");
  write_wav(corpus.wav("c8"), tone(0.6, 8000, 800), 8000);
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 1);
  // What was damaged in the training folder comes back.
  std::string bytes = read_file(out / "wavs" / "c5.wav");
  bytes[1000] ^= 1;
  write_file(out / "wavs" / "c5.wav", bytes);
  fs::remove(out / "wavs" / "c6.wav");
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 2);
  // Limits choose among clips and make none.
  PrepareOptions options = options_for_tones();
  options.clip.max_seconds = 0.65;
  const Prepared limited = run_prepare({corpus.folder()}, out, options);
  EXPECT_EQ(limited.made, 0);
  EXPECT_EQ(limited.kept_from_before, 8);
  EXPECT_FALSE(fs::exists(out / "wavs" / "c3.wav"));
  options.clip.loudness = "-20";
  EXPECT_EQ(run_prepare({corpus.folder()}, out, options).made, 8);
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 9);

  run_prepare({corpus.folder()}, afresh);
  EXPECT_EQ(tree(out), tree(afresh));
}

TEST(PrepareAgain, KnowsRecordingsThatMovedWithTheirFolder) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  for (int i = 0; i < 4; ++i)
    corpus.add("c" + std::to_string(i), "Text " + std::to_string(i), tone(0.6, 8000, 300 + i), 8000);
  const fs::path out = folder.path() / "out";
  run_prepare({corpus.folder()}, out);
  fs::rename(corpus.folder(), folder.path() / "moved");
  EXPECT_EQ(run_prepare({folder.path() / "moved"}, out).made, 0);
}

TEST(PrepareAgain, RemovesItsOwnClipsOfRowsThatAreGoneAndNothingElse) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("a", "Text a.", tone(0.6, 8000, 300), 8000);
  corpus.add("b", "Text b.", tone(0.6, 8000, 400), 8000);
  const fs::path out = folder.path() / "out";
  run_prepare({corpus.folder()}, out);
  write_file(out / "wavs" / "mine.wav", "not made here");
  write_file(out / "notes.txt", "mine");
  write_file(corpus.folder() / "metadata.csv", "b|Text b.\n");
  EXPECT_EQ(run_prepare({corpus.folder()}, out).kept_from_before, 1);
  EXPECT_FALSE(fs::exists(out / "wavs" / "a.wav"));
  EXPECT_EQ(read_file(out / "wavs" / "mine.wav"), "not made here");
  EXPECT_EQ(read_file(out / "notes.txt"), "mine");
}

TEST(PrepareAgain, AfterAFullDiskGoesOnWhereItWas) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips", out = folder.path() / "out", whole = folder.path() / "whole";
  add_many(clips, 30);
  write_wav(clips / "wavs" / "c20.wav", tone(40.0, 8000), 8000);
  PrepareOptions options = options_for_short_tones();
  options.clip.max_seconds = 60.0;
  run_prepare({clips}, whole, options);
  const int status = status_of_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{600'000, 600'000};  // fails as a full disk does, at the long clip
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string text = error_of([&] { run_prepare({clips}, out, options); });
    const bool says_all = text.find("c20.wav") != std::string::npos
                          && text.find("run the same again") != std::string::npos
                          && text.find('\n') == std::string::npos;
    ::_exit(says_all ? 42 : 43);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_FALSE(fs::exists(out / "wavs" / "c20.wav"));
  EXPECT_FALSE(fs::exists(out / "metadata.csv"));
  EXPECT_GE(run_prepare({clips}, out, options).kept_from_before, 10);
  EXPECT_EQ(tree(out), tree(whole));
}

TEST(Journal, PassesOverTornAndDamagedLines) {
  TemporaryFolder folder;
  const fs::path file = folder.path() / "journal";
  const auto entry = [](const std::string& id) {
    vits::data::JournalEntry made;
    made.id = id;
    made.place = "odd\tname%\n\xff.wav";
    made.rejected = id == "b" ? "silence: nothing" : "";
    made.source = {10, 20, 21};
    made.wav = {30, 40, 41};
    made.samples = 50;
    made.peak_lowered = true;
    return made;
  };
  {
    vits::data::Journal journal(file);
    journal.add({entry("a"), entry("b"), entry("c")});
    journal.add({entry("d")});
  }
  std::string text = read_file(file);
  const size_t place_of_c = text.find("\nc\t");
  text[place_of_c + 5] ^= 1;
  write_file(file, text.substr(0, text.size() - 7));  // d's line is torn
  vits::data::Journal journal(file);
  EXPECT_EQ(journal.earlier().size(), 2u);
  ASSERT_NE(journal.find("a"), nullptr);
  EXPECT_EQ(journal.find("a")->place, "odd\tname%\n\xff.wav");
  EXPECT_EQ(journal.find("a")->source, (vits::base::FileState{10, 20, 21}));
  EXPECT_EQ(journal.find("a")->wav, (vits::base::FileState{30, 40, 41}));
  EXPECT_EQ(journal.find("a")->samples, 50);
  EXPECT_TRUE(journal.find("a")->peak_lowered);
  EXPECT_EQ(journal.find("b")->rejected, "silence: nothing");
  journal.add({entry("e")});
  EXPECT_EQ(vits::data::Journal(file).earlier().size(), 3u);
}

// Of earlier versions, and of a folder that was copied elsewhere: times that no longer tell whether a file changed.
TEST(PrepareAgain, FilesOfOtherTimesAreComparedByTheirBytes) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips", out = folder.path() / "out";
  add_many(clips, 20);
  run_prepare({clips}, out, options_for_short_tones());
  const auto before = tree(out);
  std::vector<vits::data::JournalEntry> entries;
  for (const auto& [id, entry] : vits::data::read_journal(out / ".prepare" / "journal")) {
    entries.push_back(entry);
    EXPECT_GT(entry.wav.status_changed_ns, 0);
    EXPECT_GT(entry.source.status_changed_ns, 0);
    entries.back().wav.status_changed_ns = entries.back().source.status_changed_ns = 0;
  }
  vits::data::write_journal(out / ".prepare" / "journal", entries);
  EXPECT_EQ(run_prepare({clips}, out, options_for_short_tones()).kept_from_before, 20);
  EXPECT_EQ(tree(out), before);

  // A recording and a clip that change while size and time of modification stay.
  const auto change = [](const fs::path& file) {
    std::string bytes = read_file(file);
    const auto time = fs::last_write_time(file);
    bytes.back() ^= 0x55;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // a file system's clock may tick at 100 Hz
    write_file(file, bytes);
    fs::last_write_time(file, time);
  };
  change(clips / "wavs" / "c3.wav");
  change(out / "wavs" / "c7.wav");
  EXPECT_EQ(run_prepare({clips}, out, options_for_short_tones()).kept_from_before, 18);
  EXPECT_EQ(read_file(out / "wavs" / "c7.wav"), before.at("wavs/c7.wav"));
}

}  // namespace
