#include "vits/speaker/voice_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "floats.h"
#include "support/support.h"
#include "vits/speaker/voice_activity.h"

namespace vits::speaker {
namespace {

class VoiceEncoder : public testing::Test {
 protected:
  void SetUp() override {
    if (!voice_activity_built_in()) GTEST_SKIP() << "built without the weights";
    const auto folder = support::reference_data("voice_encoder", "tests/speaker/voice_encoder_reference.py", {});
    const std::vector<float> numbers = read_floats(folder / "embeddings.f32");
    expected_.resize(numbers.size() / Embedding{}.size());
    for (size_t sound = 0; sound < expected_.size(); ++sound) {
      std::copy_n(numbers.begin() + int64_t(sound * Embedding{}.size()), Embedding{}.size(), expected_[sound].begin());
      sounds_.push_back(read_floats(folder / (std::to_string(sound) + ".f32")));
      set_volume(sounds_.back());
    }
  }

  std::vector<std::vector<float>> sounds_;
  std::vector<Embedding> expected_;
};

TEST_F(VoiceEncoder, EqualsResemblyzerOnClipsOfAllLengths) {
  const std::vector<Embedding> found = embed(sounds_);
  ASSERT_EQ(found.size(), expected_.size());
  ASSERT_GE(found.size(), 8u);
  for (size_t sound = 0; sound < found.size(); ++sound) {
    EXPECT_GT(similarity(found[sound], expected_[sound]), 1.0 - 1e-4) << "sound " << sound;
    EXPECT_NEAR(similarity(found[sound], found[sound]), 1.0, 1e-5);
  }
}

TEST_F(VoiceEncoder, AClipsEmbeddingDoesNotDependOnItsNeighbours) {
  const std::vector<Embedding> together = embed(sounds_);
  EXPECT_EQ(embed(std::span(sounds_).subspan(4, 1))[0], together[4]);
}

TEST_F(VoiceEncoder, HearsSomethingFiniteInNothing) {
  const std::vector<std::vector<float>> nothing{{}, std::vector<float>(16000)};
  for (const Embedding& embedding : embed(nothing)) {
    for (const float number : embedding) EXPECT_TRUE(std::isfinite(number));
  }
}

TEST(SetVolume, MakesQuietAndLoudSoundAlikeAndLeavesSilenceAlone) {
  std::vector<float> quiet(1000, 0.001f), loud(1000, 0.5f), silence(1000, 0.0f);
  set_volume(quiet);
  set_volume(loud);
  set_volume(silence);
  EXPECT_NEAR(quiet[0], 0.0316228, 1e-6);
  EXPECT_NEAR(loud[0], 0.0316228, 1e-6);
  EXPECT_EQ(silence[0], 0.0f);
}

}  // namespace
}  // namespace vits::speaker
