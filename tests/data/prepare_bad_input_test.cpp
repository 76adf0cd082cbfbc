// Bad recordings, bad lists and bad places: each is named with its file and row, and good clips are always kept.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "recordings.h"
#include "vits/base/process.h"

namespace {

using namespace vits::data_tests;
using vits::base::read_file;
using vits::base::TemporaryFolder;
using vits::data::Prepared;
using vits::data::PrepareOptions;

// A WAV header with what it says of the samples behind it.
std::string wav_header(uint32_t data_bytes, uint16_t format, uint32_t rate, uint16_t bits) {
  std::string header = "RIFF....WAVEfmt ....................data....";
  const auto put = [&](size_t at, auto value) { std::memcpy(header.data() + at, &value, sizeof value); };
  put(4, data_bytes + 36);
  put(16, uint32_t{16});
  put(20, format);
  put(22, uint16_t{1});
  put(24, rate);
  put(28, rate * bits / 8);
  put(32, static_cast<uint16_t>(bits / 8));
  put(34, bits);
  put(40, data_bytes);
  return header;
}

TEST(PrepareBadInput, IsNamedWithFileAndRowAndGoodClipsAreKept) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  fs::create_directories(corpus.folder() / "wavs");
  struct Bad {
    std::string id, kind, words;
  };
  std::vector<Bad> bad;
  const auto expect = [&](const std::string& id, const std::string& kind, const std::string& words) {
    corpus.add(id, "Text of " + id + ".");
    bad.push_back({id, kind, words});
  };
  corpus.add("good1", "Good.", tone(1.0, 16000));

  write_file(corpus.wav("zero"), "");
  expect("zero", "unreadable", "is empty");
  const std::string whole = vits::audio::wav_bytes(tone(1.0, 16000), 16000);
  write_file(corpus.wav("cut"), whole.substr(0, whole.size() / 2));
  expect("cut", "unreadable", "7,989 of 16,000 samples");
  write_file(corpus.wav("lying"), wav_header(1'000'000'000, 1, 16000, 16) + whole.substr(44));
  expect("lying", "unreadable", "16,000 of");
  std::string not_finite = wav_header(40'000, 3, 16000, 32);
  for (int i = 0; i < 10'000; ++i) {
    const float sample = i == 5000 ? std::numeric_limits<float>::quiet_NaN() : 0.1f;
    not_finite.append(reinterpret_cast<const char*>(&sample), 4);
  }
  write_file(corpus.wav("nan"), not_finite);
  expect("nan", "unreadable", "NaN");
  write_wav(corpus.wav("silent"), std::vector<float>(16000, 0.0f));
  expect("silent", "silence", "holds no sound");
  write_wav(corpus.wav("faint"), tone(1.0, 16000, 440.0, 0.0003));
  expect("faint", "silence", "dBFS");
  write_wav(corpus.wav("sample"), {0.5f});
  expect("sample", "too short", "0.00 s");
  write_file(corpus.wav("hours"), wav_header(3 * 3600 * 4000, 1, 4000, 8));
  fs::resize_file(corpus.wav("hours"), 44 + 3 * 3600 * 4000);
  expect("hours", "too long", "Cut it into sentences");
  write_file(corpus.wav("text"), "This is no sound but some text, which somebody has named so.");
  expect("text", "unreadable", "text.wav");
  expect("missing", "", "missing");
  fs::create_directories(corpus.wav("folder"));
  expect("folder", "", "folder");
  corpus.add("good2", "Good too.", tone(1.0, 22050), 22050);

  const fs::path out = folder.path() / "out";
  const Prepared prepared = run_prepare({corpus.folder()}, out);
  EXPECT_EQ(prepared.made, 2);
  EXPECT_EQ(prepared.rejected, static_cast<int64_t>(bad.size()));
  std::map<std::string, RejectedRow> rejected;
  for (const RejectedRow& row : rejected_rows(out)) rejected[row.row] = row;
  for (size_t i = 0; i < bad.size(); ++i) {
    const std::string row = std::to_string(i + 2);
    ASSERT_TRUE(rejected.contains(row)) << bad[i].id << ", row " << row;
    EXPECT_EQ(rejected[row].file, (corpus.folder() / "metadata.csv").string());
    EXPECT_EQ(rejected[row].reason.find('\n'), std::string::npos);
    EXPECT_EQ(rejected[row].reason.rfind(bad[i].kind, 0), 0u) << rejected[row].reason;
    EXPECT_NE(rejected[row].reason.find(bad[i].words), std::string::npos) << bad[i].id << ": " << rejected[row].reason;
  }
  EXPECT_EQ(vits::data::read_training_set(out).clips.size(), 2u);

  // Mended, they are taken: what could not be read is tried again.
  for (const char* id : {"zero", "cut", "missing"}) write_wav(corpus.wav(id), tone(1.0, 16000));
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 3);
}

TEST(PrepareBadInput, OfMp3sThatAreCutIsNamed) {
  if (vits::base::find_program("ffmpeg").empty()) GTEST_SKIP() << "no ffmpeg to make an MP3 with";
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("good", "Good.", tone(1.0, 16000));
  const fs::path mp3 = folder.path() / "whole.mp3";
  vits::base::run_program({"ffmpeg", "-v", "error", "-i", corpus.wav("good").string(), mp3.string()});
  const std::string bytes = read_file(mp3);
  write_file(corpus.folder() / "wavs" / "whole.mp3", bytes);
  write_file(corpus.folder() / "wavs" / "cut.mp3", bytes.substr(0, bytes.size() / 2));
  corpus.add("whole", "Whole.");
  corpus.add("cut", "Cut.");
  const fs::path out = folder.path() / "out";
  EXPECT_EQ(run_prepare({corpus.folder()}, out).made, 2);
  const auto rejected = rejected_rows(out);
  ASSERT_EQ(rejected.size(), 1u);
  EXPECT_EQ(rejected[0].row, "3");
  EXPECT_NE(rejected[0].reason.find("cut.mp3"), std::string::npos) << rejected[0].reason;
}

TEST(PrepareBadInput, OfIdsThatLeaveTheFolderStaysInIt) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "a" / "clips", out = folder.path() / "a" / "out";
  write_wav(clips / "x.wav", tone(0.6, 16000, 300));
  write_wav(clips / "y.wav", tone(0.6, 16000, 400));
  write_wav(clips / "z.wav", tone(0.6, 16000, 500));
  write_file(clips / "manifest.csv",
             "id,path,text\n../../escaped,x.wav,Up and away.\n/tmp/vits_absolute,y.wav,From the root.\n"
             "same,z.wav,Once.\nsame,x.wav,Twice.\n..,y.wav,Only dots.\n");
  EXPECT_EQ(run_prepare({clips / "manifest.csv"}, out).made, 5);
  size_t wavs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    const bool is_given = entry.path().string().starts_with(clips.string());
    if (entry.path().extension() == ".wav" && !is_given) {
      EXPECT_EQ(entry.path().parent_path(), out / "wavs");
      ++wavs;
    }
  }
  EXPECT_EQ(wavs, 5u);
  EXPECT_FALSE(fs::exists("/tmp/vits_absolute.wav"));
  const auto set = vits::data::read_training_set(out);
  EXPECT_TRUE(set.defects.empty());
  EXPECT_EQ(set.clips.size(), 5u);
}

TEST(PrepareBadInput, WithoutOneUsableClipIsAnErrorThatNamesTheFirst) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  write_file(corpus.folder() / "metadata.csv", "");
  write_wav(corpus.wav("a"), tone(1.0, 16000));
  EXPECT_NE(error_of([&] { run_prepare({corpus.folder()}, folder.path() / "none"); }), "no error");
  EXPECT_FALSE(fs::exists(folder.path() / "none"));

  corpus.add("a", "Silent.", std::vector<float>(16000, 0.0f));
  const std::string text = error_of([&] { run_prepare({corpus.folder()}, folder.path() / "out"); });
  EXPECT_NE(text.find("metadata.csv, row 1"), std::string::npos) << text;
  EXPECT_EQ(rejected_rows(folder.path() / "out").size(), 1u);
}

TEST(PrepareBadInput, IsToldInWholeSentencesWhetherAManifestOrARecordingIsBad) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("missing", "Nobody recorded this.");
  const std::string text = error_of([&] { run_prepare({corpus.folder()}, folder.path() / "out"); });
  EXPECT_NE(text.find("the one above. All stand in "), std::string::npos) << text;
  corpus.add("silent", "Silent.", std::vector<float>(16000, 0.0f));
  corpus.add("empty", "");
  corpus.add("good", "Good.", tone(1.0, 16000));
  run_prepare({corpus.folder()}, folder.path() / "out");
  const auto rejected = rejected_rows(folder.path() / "out");
  EXPECT_EQ(rejected.size(), 3u);
  for (const RejectedRow& row : rejected) {
    EXPECT_TRUE(row.reason.ends_with('.')) << row.reason;
    EXPECT_FALSE(row.reason.ends_with("..")) << row.reason;
  }
}

TEST(PrepareBadInput, UnderStrictIsAnErrorOnceAllIsWritten) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("a", "Good.", tone(1.0, 16000));
  corpus.add("b", "Silent.", std::vector<float>(16000, 0.0f));
  PrepareOptions options = options_for_tones();
  options.strict = true;
  const fs::path out = folder.path() / "out";
  const std::string text = error_of([&] { run_prepare({corpus.folder()}, out, options); });
  EXPECT_NE(text.find("rejected.csv"), std::string::npos) << text;
  EXPECT_EQ(vits::data::read_training_set(out).clips.size(), 1u);
}

TEST(PrepareBadInput, OutputInsideTheInputIsNotTakenForInput) {
  TemporaryFolder folder;
  const fs::path clips = folder.path() / "clips", out = clips / "training";
  for (const char* id : {"a", "b", "c"}) {
    write_wav(clips / (std::string(id) + ".wav"), tone(0.6, 16000, 300.0 + 50.0 * id[0]));
    write_file(clips / (std::string(id) + ".txt"), std::string("Text of ") + id + ".");
  }
  EXPECT_EQ(run_prepare({clips}, out).made, 3);
  const auto first = tree(out);
  EXPECT_EQ(run_prepare({clips}, out).kept_from_before, 3);
  EXPECT_EQ(tree(out), first);
}

TEST(PrepareBadInput, NeverOverwritesWhatItDidNotMake) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("a", "Good.", tone(1.0, 16000));
  const auto before = tree(folder.path());
  const auto refused = [&](const fs::path& source, const fs::path& out) {
    return error_of([&] { run_prepare({source}, out); });
  };
  EXPECT_NE(refused(corpus.folder(), corpus.folder()).find("would be written over"), std::string::npos);
  EXPECT_NE(refused(corpus.folder() / "metadata.csv", corpus.folder()).find("would be written over"),
            std::string::npos);
  EXPECT_NE(refused(corpus.folder() / "wavs", corpus.folder()).find("would be written over"), std::string::npos);
  EXPECT_NE(refused(corpus.folder(), corpus.folder() / "metadata.csv").find("is a file"), std::string::npos);
  EXPECT_EQ(tree(folder.path()), before);

  const fs::path other = folder.path() / "other";
  write_wav(other / "wavs" / "a.wav", tone(1.0, 16000, 500));
  EXPECT_NE(refused(corpus.folder(), other).find("did not make"), std::string::npos);
  EXPECT_NE(error_of([&] {
              run_prepare({corpus.folder(), corpus.folder()}, folder.path() / "out");
            }).find("twice"),
            std::string::npos);
}

TEST(PrepareBadInput, OutputThatCannotBeWrittenIsOneLineThatSaysWhere) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("a", "Good.", tone(1.0, 16000));
  const std::string text = error_of([&] { run_prepare({corpus.folder()}, "/proc/training"); });
  EXPECT_NE(text.find("cannot make the folder /proc/training"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(PrepareBadInput, OptionsWithoutSenseAreUsageErrors) {
  TemporaryFolder folder;
  Corpus corpus(folder.path() / "clips");
  corpus.add("a", "Good.", tone(1.0, 16000));
  const auto refused = [&](const std::function<void(PrepareOptions&)>& change) {
    PrepareOptions options = options_for_tones();
    change(options);
    EXPECT_THROW(run_prepare({corpus.folder()}, folder.path() / "out", options), vits::UsageError);
    EXPECT_FALSE(fs::exists(folder.path() / "out"));
  };
  refused([](PrepareOptions& options) { options.clip.loudness = "loud"; });
  refused([](PrepareOptions& options) { options.clip.loudness = "3"; });
  refused([](PrepareOptions& options) { options.clip.min_seconds = 30.0; });
  refused([](PrepareOptions& options) { options.clip.min_characters = 1000; });
}

}  // namespace
