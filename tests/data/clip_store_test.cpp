// The clips of a training folder in memory, and the cache that the next start maps.
#include "vits/data/clip_store.h"

#include <ATen/ATen.h>
#include <signal.h>
#include <sys/resource.h>

#include <bit>
#include <chrono>
#include <thread>

#include "clip_cache.h"
#include "small_set.h"
#include "vits/audio/read.h"
#include "vits/audio/spectrogram.h"

namespace vits::data_tests {
namespace {

using data::ClipStore;
using data::StoreOptions;

std::vector<std::string> ids(const ClipStore& store, const std::vector<int64_t>& numbers) {
  std::vector<std::string> names;
  for (const int64_t number : numbers) names.push_back(store.clips()[static_cast<size_t>(number)].id);
  return names;
}

at::Tensor sound_of(const ClipStore& store, const data::StoredClip& clip) {
  return store.samples().narrow(0, clip.first_sample, clip.samples);
}

void expect_same_clips(const ClipStore& a, const ClipStore& b) {
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  EXPECT_TRUE(at::equal(a.samples(), b.samples()));
  EXPECT_TRUE(at::equal(a.token_ids(), b.token_ids()));
  ASSERT_EQ(a.mels().defined(), b.mels().defined());
  EXPECT_TRUE(!a.mels().defined() || at::equal(a.mels(), b.mels()));
  ASSERT_EQ(a.clips().size(), b.clips().size());
  for (size_t i = 0; i < a.clips().size(); ++i) {
    const data::StoredClip &x = a.clips()[i], &y = b.clips()[i];
    EXPECT_EQ(x.id, y.id);
    EXPECT_EQ(x.text, y.text);
    EXPECT_EQ(x.validation, y.validation);
    EXPECT_EQ(x.row, y.row);
    EXPECT_EQ(x.first_sample, y.first_sample);
    EXPECT_EQ(x.first_frame, y.first_frame);
    EXPECT_EQ(x.first_token, y.first_token);
  }
  ASSERT_EQ(a.skipped().size(), b.skipped().size());
  for (size_t i = 0; i < a.skipped().size(); ++i) {
    EXPECT_EQ(a.skipped()[i].id, b.skipped()[i].id);
    EXPECT_EQ(a.skipped()[i].reason, b.skipped()[i].reason);
  }
}

// The system refuses to write files beyond so many bytes.
class LittleFiles {
 public:
  explicit LittleFiles(rlim_t most_bytes) : signal_before_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit little{most_bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &little);
  }
  ~LittleFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, signal_before_);
  }
  LittleFiles(const LittleFiles&) = delete;
  LittleFiles& operator=(const LittleFiles&) = delete;

 private:
  sighandler_t signal_before_;
  rlimit before_{};
};

class ClipStoreTest : public testing::Test {
 protected:
  ClipStore store(const StoreOptions& options = {.data_cache = "false"},
                  const data::StoreTarget& target = small_target()) const {
    return ClipStore(small_.set(), letters(), target, options);
  }
  ClipStore cached() const { return store({.data_cache = "true"}); }
  ClipStore cached_of(int64_t most) const { return store({.max_samples = most, .data_cache = "true"}); }
  fs::path cache() const { return small_.folder() / ".cache" / "clips"; }

  // As if the file had been written at another time: the clock of a file system may stand still between two writes.
  void touch(const fs::path& file) const {
    fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  }

  static bool was_mapped(const ClipStore& of) { return of.how().find("ready in") != std::string::npos; }

  SmallSet small_;
};

TEST_F(ClipStoreTest, HoldsTheFilesSamplesAndTheTextsTokens) {
  small_.add_clips(10);
  const ClipStore clips = store();
  EXPECT_EQ(ids(clips, clips.training()),
            (std::vector<std::string>{"clip0", "clip1", "clip2", "clip3", "clip5", "clip6", "clip7", "clip8"}));
  EXPECT_EQ(ids(clips, clips.validation()), (std::vector<std::string>{"clip4", "clip9"}));
  int64_t samples = 0, training_samples = 0;
  for (const data::StoredClip& clip : clips.clips()) {
    const auto read = audio::read_sound(small_.wav(clip.id), 10.0);
    ASSERT_EQ(static_cast<int64_t>(read.samples.size()), clip.samples);
    EXPECT_TRUE(at::equal(sound_of(clips, clip).to(at::kFloat) / 32768.0, at::tensor(read.samples)));
    const auto encoded = letters().encode(clip.text);
    const auto tokens = clips.token_ids().narrow(0, clip.first_token, clip.tokens);
    EXPECT_TRUE(at::equal(tokens.to(at::kLong), at::tensor(encoded.ids)));
    EXPECT_EQ(clip.frames, clip.samples / 16);
    samples += clip.samples;
    if (!clip.validation) training_samples += clip.samples;
  }
  EXPECT_EQ(clips.samples().numel(), samples);
  EXPECT_DOUBLE_EQ(clips.training_seconds(), static_cast<double>(training_samples) / 4000.0);
  EXPECT_TRUE(clips.skipped().empty());
  EXPECT_FALSE(fs::exists(small_.folder() / "skipped.csv"));
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(ClipStoreTest, MelsAreTheLogMelsOfTheWaves) {
  data::StoreTarget target = small_target();
  target.fft_samples = 256;  // bands wider than a bin
  target.hop_samples = 64;
  target.segment_frames = 4;
  for (int i = 0; i < 4; ++i) small_.add("clip" + std::to_string(i), 600 + 77 * i, "ab");
  small_.add("silence", 0, "ab");
  write_wav(small_.wav("silence"), std::vector<float>(700, 0.0f), 4000);
  const ClipStore clips = store({.precompute_mels = "true", .data_cache = "false"}, target);
  ASSERT_EQ(clips.clips().size(), 5u);
  const audio::SpectrogramShape shape{256, 64};
  const auto bank = audio::mel_bank(4000, shape);
  for (const data::StoredClip& clip : clips.clips()) {
    const auto wave = (sound_of(clips, clip).to(at::kFloat) / 32768.0).unsqueeze(0);
    const auto expected = audio::log_mel(audio::spectrogram(wave, shape), bank)[0].t();  // [F, M]
    const auto mel = clips.mels().narrow(0, clip.first_frame, clip.frames);
    ASSERT_EQ(mel.scalar_type(), at::kHalf);
    // A half holds eleven binary digits: ln(1e-5) = -11.5 is off by up to 0.004.
    EXPECT_LT((mel.to(at::kFloat) - expected).abs().max().item<float>(), 0.0045f) << clip.id;
  }
  EXPECT_FALSE(store({.precompute_mels = "false", .data_cache = "false"}, target).mels().defined());
}

TEST_F(ClipStoreTest, TakesAnySoundAsTheSameNumbers) {
  small_.add("usual", 500);
  // The same samples with chunks before them that nobody needs, and as 32-bit float with two channels: alike, and one
  // of them upside down, which average to silence.
  const std::string usual = base::read_file(small_.wav("usual"));
  write_file(small_.wav("chunks"), usual.substr(0, 36) + "LIST" + std::string("\x03\0\0\0abc\0", 8) + usual.substr(36));
  small_.add_row("chunks", "abc");
  const auto little = [](uint32_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
  };
  const auto add_stereo = [&](const std::string& id, float right) {
    std::string data;
    for (size_t i = 44; i < usual.size(); i += 2) {
      int16_t sample = 0;
      std::memcpy(&sample, usual.data() + i, 2);
      const float left = static_cast<float>(sample) / 32768.0f;
      data += little(std::bit_cast<uint32_t>(left), 4) + little(std::bit_cast<uint32_t>(left * right), 4);
    }
    write_file(small_.wav(id), "RIFF" + little(static_cast<uint32_t>(36 + data.size()), 4) + "WAVEfmt " + little(16, 4)
                                   + little(3, 2) + little(2, 2) + little(4000, 4) + little(32000, 4) + little(8, 2)
                                   + little(32, 2) + "data" + little(static_cast<uint32_t>(data.size()), 4) + data);
    small_.add_row(id, "abc");
  };
  add_stereo("alike", 1.0f);
  add_stereo("upside_down", -1.0f);
  const ClipStore clips = store();
  ASSERT_EQ(clips.clips().size(), 4u);
  for (size_t other : {1, 2, 3})
    EXPECT_TRUE(at::equal(sound_of(clips, clips.clips()[0]), sound_of(clips, clips.clips()[other])))
        << clips.clips()[other].id;
}

TEST_F(ClipStoreTest, SkipsAndListsWhatCannotBeTrainedOn) {
  small_.add("good", 500);
  small_.add_row("missing", "abc");
  small_.add("torn", 500);
  fs::resize_file(small_.wav("torn"), 700);
  small_.add_row("noise", "abc");
  write_file(small_.wav("noise"), "this is no sound");
  small_.add("empty", 0);
  small_.add("rate", 500);
  write_wav(small_.wav("rate"), noise(500, 1), 8000);
  small_.add("short", 127);
  small_.add("fast", 200, "abcdefghij");
  small_.add("symbols", 500, "5% of, \xe2\x82\xac");
  small_.add("comma", 500, "a, b!");
  small_.add("silent", 500, "...");
  small_.set().defects.push_back((small_.folder() / "metadata.csv").string() + ", row 99: the text is empty");
  const ClipStore clips = store();
  EXPECT_EQ(ids(clips, clips.training()), (std::vector<std::string>{"good", "comma"}));

  const std::vector<std::pair<std::string, std::string>> expected{
      {"", "manifest: the text is empty"},
      {"missing", "missing: "},
      {"torn", "unreadable: "},
      {"noise", "unreadable: "},
      {"empty", "too short: 0.00 s"},
      {"rate", "rate: 8000 Hz, but the voice has 4000 Hz"},
      {"short", "too short: 0.03 s"},
      {"fast", "too fast: 21 tokens in 12 frames"},
      {"symbols", "text: the vocabulary lacks % 5 \xe2\x82\xac"},
      {"silent", "text: nothing is left"}};
  ASSERT_EQ(clips.skipped().size(), expected.size());
  const std::string text = base::read_file(small_.folder() / "skipped.csv");
  formats::DelimitedReader reader(text, {});
  formats::Record record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.fields, (std::vector<std::string>{"id", "file", "row", "reason"}));
  for (size_t i = 0; i < expected.size(); ++i) {
    const data::Rejected& clip = clips.skipped()[i];
    EXPECT_EQ(clip.id, expected[i].first);
    EXPECT_TRUE(clip.reason.starts_with(expected[i].second)) << clip.reason;
    ASSERT_TRUE(reader.next(record));
    EXPECT_EQ(record.fields, (std::vector<std::string>{clip.id, clip.file, std::to_string(clip.row), clip.reason}));
  }
  EXPECT_EQ(clips.skipped()[0].row, 99);
  EXPECT_EQ(clips.skipped()[1].row, 2);
  EXPECT_EQ(clips.skipped()[1].file, small_.wav("missing").string());

  small_.set().defects.clear();
  std::erase_if(small_.set().clips, [](const auto& clip) { return clip.id != "good"; });
  EXPECT_TRUE(store().skipped().empty());
  EXPECT_FALSE(fs::exists(small_.folder() / "skipped.csv"));
}

TEST_F(ClipStoreTest, SpeakersAreTheVoicesOrIgnored) {
  small_.add("a", 500, "abc", false, "anna");
  small_.add("b", 500, "abc", false, "");
  small_.add("c", 500, "abc", false, "carl");
  EXPECT_EQ(store().clips().size(), 3u);
  data::StoreTarget target = small_target();
  target.speakers = {"carl", "anna"};
  const ClipStore clips = store({.data_cache = "false"}, target);
  ASSERT_EQ(clips.clips().size(), 2u);
  EXPECT_EQ(clips.clips()[0].speaker_id, 1);
  EXPECT_EQ(clips.clips()[1].speaker_id, 0);
  EXPECT_TRUE(clips.skipped().at(0).reason.starts_with("speaker: the row names none"));
  EXPECT_NE(clips.fingerprint(), store().fingerprint());
}

TEST_F(ClipStoreTest, SaysWhyNothingIsLeft) {
  for (int i = 0; i < 3; ++i) small_.add("short" + std::to_string(i), 50);
  small_.add_row("missing", "abc");
  small_.add("judge", 500, "abc", true);
  const std::string text = error_of([&] { store(); });
  EXPECT_NE(
      text.find("no clip is left to train on. Of 4 that were skipped, 3 for one reason; the first, short0: too short"),
      std::string::npos)
      << text;
  small_.set().clips.clear();
  EXPECT_NE(error_of([&] { store(); }).find("names no clip"), std::string::npos);
}

TEST_F(ClipStoreTest, MoreSamplesIncludeFewer) {
  small_.add_clips(40);  // 32 to train on, 8 to judge by
  std::vector<std::string> before;
  for (const int64_t count : {1, 4, 16, 31}) {
    const ClipStore clips = store({.max_samples = count, .data_cache = "false"});
    const auto now = ids(clips, clips.training());
    EXPECT_EQ(static_cast<int64_t>(now.size()), count);
    EXPECT_EQ(clips.validation().size(), count == 1 ? 1u : static_cast<size_t>(count + 2) / 4);
    for (const std::string& id : before) EXPECT_NE(std::find(now.begin(), now.end(), id), now.end());
    before = now;
  }
  EXPECT_EQ(store({.max_samples = 100, .data_cache = "false"}).clips().size(), 40u);
}

TEST_F(ClipStoreTest, SamplesThatCannotBeUsedAreReplacedByTheNext) {
  small_.add_clips(40);  // 32 to train on, 8 to judge by
  const ClipStore all = store({.max_samples = 24});
  const auto order = ids(all, all.training());
  std::vector<std::string> lost;
  {
    const ClipStore eight = store({.max_samples = 8, .data_cache = "false"});
    lost = ids(eight, eight.training());
    lost.resize(3);
    lost.push_back(ids(eight, eight.validation()).front());
  }
  for (const std::string& id : lost) fs::remove(small_.wav(id));
  const ClipStore clips = store({.max_samples = 8, .data_cache = "false"});
  const auto taken = ids(clips, clips.training());
  EXPECT_EQ(taken.size(), 8u);
  EXPECT_EQ(clips.validation().size(), 2u);
  EXPECT_EQ(clips.skipped().size(), lost.size());
  for (const std::string& id : taken) {
    EXPECT_EQ(std::find(lost.begin(), lost.end(), id), lost.end()) << id;
    EXPECT_NE(std::find(order.begin(), order.end(), id), order.end()) << id << " is not among the next";
  }
  // Fewer than were asked for when no more can be used.
  EXPECT_EQ(store({.max_samples = 31, .data_cache = "false"}).training().size(), 29u);
  // Remembered, and made anew when a file that was passed over is there again.
  cached_of(8);
  EXPECT_TRUE(was_mapped(cached_of(8)));
  write_wav(small_.wav(lost.front()), noise(500, 1), 4000);
  EXPECT_FALSE(was_mapped(cached_of(8)));
}

TEST_F(ClipStoreTest, TheNextStartMapsTheCache) {
  small_.add_clips(12);
  small_.add_row("missing", "abc");
  const ClipStore direct = store();
  {
    const ClipStore first = cached();
    EXPECT_FALSE(was_mapped(first));
    expect_same_clips(first, direct);
  }
  fs::remove(small_.folder() / "skipped.csv");
  const ClipStore second = cached();
  EXPECT_TRUE(was_mapped(second)) << second.how();
  expect_same_clips(second, direct);
  EXPECT_TRUE(fs::exists(small_.folder() / "skipped.csv"));
  EXPECT_FALSE(was_mapped(store({.precompute_mels = "false", .data_cache = "true"})));
}

TEST_F(ClipStoreTest, AChangedFileIsNoticedAndTheOthersAreTakenFromTheCache) {
  small_.add_clips(6);
  { const ClipStore made = cached(); }
  ASSERT_TRUE(fs::exists(cache()));
  EXPECT_TRUE(was_mapped(cached()));
  write_wav(small_.wav("clip2"), noise(900, 77), 4000);
  touch(small_.wav("clip2"));
  {
    const ClipStore again = cached();
    EXPECT_NE(again.how().find("(5 clips as they were in the cache)"), std::string::npos) << again.how();
    expect_same_clips(again, store());
  }
  EXPECT_TRUE(was_mapped(cached()));

  small_.set().clips[0].text = "another text";  // the sounds stay
  EXPECT_NE(cached().how().find("(6 clips as"), std::string::npos);
  data::StoreTarget target = small_target();
  target.hop_samples = 8;  // other frames: all is made anew
  const ClipStore other = store({.data_cache = "true"}, target);
  EXPECT_EQ(other.how().find("as they were"), std::string::npos);
  EXPECT_EQ(other.clips()[0].frames, other.clips()[0].samples / 8);
}

TEST_F(ClipStoreTest, AChangeIsNoticedThoughSizeAndTimeAreSetBack) {
  small_.add_clips(4);
  { const ClipStore made = cached(); }
  const fs::path file = small_.wav("clip2");
  const auto time = fs::last_write_time(file);
  const auto size = fs::file_size(file);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // a file system's clock may tick at 100 Hz
  write_wav(file, noise(400 + 37 * 2, 77), 4000);
  fs::last_write_time(file, time);
  ASSERT_EQ(fs::file_size(file), size);
  const ClipStore again = cached();
  EXPECT_NE(again.how().find("(3 clips as they were in the cache)"), std::string::npos) << again.how();
  expect_same_clips(again, store());
}

TEST_F(ClipStoreTest, AClipThatCannotBeReadIsTriedAtEveryStart) {
  small_.add_clips(4);
  small_.add_row("noise", "abc");
  write_file(small_.wav("noise"), "this is no sound");
  const ClipStore expected = store();
  { const ClipStore made = cached(); }
  EXPECT_TRUE(was_mapped(cached()));  // still no sound
  {
    // As if rights that have come back since had been missing then.
    const auto made = data::ClipCache::open(cache(), data::ClipCache::Check::kAll, 1);
    data::ClipTables tables = made->tables();
    const data::StoredClip clip = tables.clips[1];
    tables.skipped.push_back({clip.id, small_.wav(clip.id).string(), clip.row, "unreadable: Permission denied."});
    tables.clips.erase(tables.clips.begin() + 1);
    tables.states.erase(tables.states.begin() + 1);
    base::AtomicFile file(cache());
    data::write_cache(file, made->keys(), tables, made->arenas(), made->hashes(), [] { return true; });
  }
  {
    const ClipStore again = cached();
    EXPECT_FALSE(was_mapped(again));
    expect_same_clips(again, expected);
  }
  EXPECT_TRUE(was_mapped(cached()));
}

TEST_F(ClipStoreTest, TheValidationClipsHaveAFingerprintOfTheirOwn) {
  small_.add_clips(10);  // of which clip4 and clip9 judge
  const std::string all = store().fingerprint(), judging = store().validation_fingerprint();
  EXPECT_EQ(judging.size(), 16u);
  const auto expect = [&](bool judging_stays) {
    const ClipStore now = store();
    EXPECT_NE(now.fingerprint(), all);
    EXPECT_EQ(now.validation_fingerprint() == judging, judging_stays);
  };
  small_.set().clips[2].text = "another text";
  expect(true);
  write_wav(small_.wav("clip3"), noise(900, 77), 4000);
  expect(true);
  fs::remove(small_.wav("clip5"));
  expect(true);
  EXPECT_EQ(cached().validation_fingerprint(), judging);
  EXPECT_EQ(cached().validation_fingerprint(), judging);  // from the cache

  small_.set().clips[4].text += "b";
  expect(false);
  small_.set().clips[4].text.pop_back();
  expect(true);
  const std::string before = base::read_file(small_.wav("clip9"));
  write_wav(small_.wav("clip9"), noise(400 + 37 * 9, 77), 4000);  // of the same length
  expect(false);
  write_file(small_.wav("clip9"), before);
  expect(true);
  std::swap(small_.set().clips[4].validation, small_.set().clips[3].validation);
  expect(false);
}

TEST_F(ClipStoreTest, ADamagedCacheIsMadeAnew) {
  small_.add_clips(3);
  { const ClipStore made = cached(); }
  const std::string whole = base::read_file(cache());
  const ClipStore expected = store();
  for (size_t place :
       {size_t{3}, size_t{20}, size_t{100}, size_t{4100}, size_t{8200}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write_file(cache(), damaged);
    const ClipStore again = cached();
    expect_same_clips(again, expected);
  }
  for (const size_t size : {size_t{0}, size_t{10}, size_t{5000}, whole.size() - 1}) {
    write_file(cache(), whole.substr(0, size));
    const ClipStore again = cached();
    EXPECT_FALSE(was_mapped(again));
    expect_same_clips(again, expected);
  }
}

TEST_F(ClipStoreTest, WhatDoesNotFitIntoMemoryIsTheSameFromTheDisk) {
  small_.add_clips(20);
  data::StoreTarget little = small_target();
  little.free_memory_bytes = store().samples().nbytes();
  {
    ClipStore clips = store({.data_cache = "auto"}, little);
    EXPECT_NE(clips.how().find("on the disk, decoded in"), std::string::npos) << clips.how();
    EXPECT_EQ(clips.take_notes().size(), 2u);
    expect_same_clips(clips, store({.precompute_mels = "false", .data_cache = "false"}));
  }
  const ClipStore again = store({.data_cache = "auto"}, little);
  EXPECT_TRUE(was_mapped(again)) << again.how();
  const ClipStore with_room = store({.data_cache = "auto"});  // mels fit now, and the sounds are there
  EXPECT_NE(with_room.how().find("(20 clips as they were in the cache)"), std::string::npos) << with_room.how();
  expect_same_clips(with_room, store());
  EXPECT_NE(error_of([&] { store({.data_cache = "false"}, little); }).find("--data_cache false forbids"),
            std::string::npos);
}

TEST_F(ClipStoreTest, AFolderThatCannotBeWrittenIsNoError) {
  small_.add_clips(3);
  write_file(small_.folder() / ".cache", "a file where the folder should be");
  ClipStore clips = cached();
  EXPECT_EQ(clips.clips().size(), 3u);
  const auto notes = clips.take_notes();  // on the first screen
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("is not kept for the next start"), std::string::npos) << notes[0];
  EXPECT_TRUE(clips.take_notes().empty());
}

TEST_F(ClipStoreTest, ACacheThatCannotBeWrittenToItsEndIsSaidLater) {
  small_.add("long", 60'000);  // 120,000 bytes
  std::vector<std::string> notes;
  {
    const LittleFiles as_on_a_full_disk(50'000);
    ClipStore clips = cached();
    for (int i = 0; i < 1000 && notes.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      notes = clips.take_notes();
    }
    EXPECT_TRUE(clips.take_notes().empty());
  }
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("is not kept for the next start: cannot write " + cache().string()), std::string::npos)
      << notes[0];
  EXPECT_TRUE(fs::is_empty(cache().parent_path()));
}

TEST_F(ClipStoreTest, TellsHowFarItIsForAnyNumberOfThreads) {
  small_.add_clips(30);
  std::string fingerprint;
  for (const int threads : {1, 4}) {
    data::StoreTarget target = small_target();
    target.threads = threads;
    std::map<std::string, int64_t> done;
    const ClipStore clips(small_.set(), letters(), target, {.data_cache = "false"},
                          [&](const char* work, const std::string& noun, int64_t now, int64_t total) {
                            EXPECT_EQ(noun, "clips");
                            EXPECT_EQ(total, 30);
                            EXPECT_GT(now, done[work]);
                            done[work] = now;
                          });
    EXPECT_EQ(done, (std::map<std::string, int64_t>{{"looking at the clips", 30}, {"decoding", 30}}));
    EXPECT_TRUE(fingerprint.empty() || clips.fingerprint() == fingerprint);
    fingerprint = clips.fingerprint();
  }
}

}  // namespace
}  // namespace vits::data_tests
