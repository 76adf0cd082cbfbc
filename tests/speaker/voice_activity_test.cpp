#include "vits/speaker/voice_activity.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "floats.h"
#include "support/support.h"
#include "vits/base/error.h"

namespace vits::speaker {
namespace {

class VoiceActivity : public testing::Test {
 protected:
  void SetUp() override {
    if (!voice_activity_built_in()) GTEST_SKIP() << "built without the weights";
    folder_ = support::reference_data("voice_activity", "tests/speaker/voice_activity_reference.py", {});
    sound_ = read_floats(folder_ / "sound.f32");
  }

  std::filesystem::path folder_;
  std::vector<float> sound_;
};

TEST_F(VoiceActivity, EqualsTheTorchScriptModelOnSpeechNoiseAndTones) {
  const std::vector<float> expected = read_floats(folder_ / "chances.f32"), chances = speech_chances(sound_);
  ASSERT_EQ(chances.size(), expected.size());
  for (size_t piece = 0; piece < chances.size(); ++piece) {
    ASSERT_NEAR(chances[piece], expected[piece], 1e-4) << "piece " << piece;
  }
}

TEST_F(VoiceActivity, IsTheSameOnSeveralThreadsAtOnce) {
  const std::vector<float> alone = speech_chances(sound_);
  std::vector<std::vector<float>> together(4);
  {
    std::vector<std::jthread> threads;
    for (auto& chances : together) threads.emplace_back([&chances, this] { chances = speech_chances(sound_); });
  }
  for (const auto& chances : together) EXPECT_EQ(chances, alone);
}

TEST_F(VoiceActivity, FindsWhereSpeechBeginsAndEnds) {
  std::ifstream file(folder_ / "speech.txt");
  int64_t begin = 0, end = 0;
  file >> begin >> end;
  const audio::Span part = spoken_part(sound_);
  EXPECT_NEAR(double(part.begin_sample), double(begin), 2400.0);
  EXPECT_NEAR(double(part.end_sample), double(end), 4800.0);
}

TEST_F(VoiceActivity, HearsNobodyInSilenceNoiseAndClicks) {
  EXPECT_TRUE(speech_chances({}).empty());
  EXPECT_TRUE(spoken_part({}).empty());
  EXPECT_TRUE(spoken_part(std::vector<float>(32000)).empty());
  EXPECT_EQ(speech_chances(std::vector<float>(513)).size(), 2u);
  std::vector<float> noise(32000);
  uint32_t chance = 1;
  for (float& sample : noise) {
    chance = chance * 1664525u + 1013904223u;
    sample = 0.02f * (float(chance >> 8) / float(1 << 24) - 0.5f);
  }
  noise[16000] = 0.9f;
  EXPECT_TRUE(spoken_part(noise).empty());
}

TEST(VoiceActivityWithoutWeights, SaysWhatToDo) {
  if (voice_activity_built_in()) GTEST_SKIP() << "built with the weights";
  try {
    speech_chances(std::vector<float>(512));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("scripts/setup"), std::string::npos);
  }
}

}  // namespace
}  // namespace vits::speaker
