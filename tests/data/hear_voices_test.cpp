// What of a further run's clips goes through the speaker encoder again.
#include "hear_voices.h"

#include <chrono>
#include <thread>

#include "small_set.h"
#include "vits/speaker/voice_activity.h"

namespace vits::data_tests {
namespace {

TEST(HearVoices, OnlyClipsWhoseBytesChangedAreHeardAgain) {
  if (!speaker::voice_activity_built_in()) GTEST_SKIP() << "built without the weights";
  SmallSet small;
  for (const char* id : {"a", "b", "c"}) small.add(id, 6000);
  const auto expect = [](const data::TrainingSet& set, int64_t heard) {
    const data::HeardClips clips = data::hear_voices(set, 1, {});
    EXPECT_EQ(clips.heard, heard);
    EXPECT_EQ(clips.known_from_before, 3 - heard);
    for (const data::HeardClip& clip : clips.clips) {
      EXPECT_EQ(clip.unheard, "");
      EXPECT_DOUBLE_EQ(clip.heard.seconds, 1.5);
      EXPECT_NE(clip.heard.voice, speaker::Embedding{});
    }
  };
  expect(small.set(), 3);
  expect(small.set(), 0);

  // Copied elsewhere: the files' times are others, and are known from then on.
  const base::TemporaryFolder elsewhere;
  fs::copy(small.folder(), elsewhere.path(), fs::copy_options::recursive);
  data::TrainingSet copied = small.set();
  copied.folder = elsewhere.path();
  const auto size = [&] { return fs::file_size(elsewhere.path() / ".cache" / "speakers"); };
  const auto before = size();
  expect(copied, 0);
  EXPECT_GT(size(), before);
  const auto after = size();
  expect(copied, 0);
  EXPECT_EQ(size(), after);

  // Changed, though its size and its time of modification are as they were.
  const fs::path file = small.wav("b");
  const auto time = fs::last_write_time(file);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // a file system's clock may tick at 100 Hz
  write_wav(file, noise(6000, 77), 4000);
  fs::last_write_time(file, time);
  expect(small.set(), 1);
}

}  // namespace
}  // namespace vits::data_tests
