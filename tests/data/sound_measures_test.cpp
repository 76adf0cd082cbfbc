// What is measured of a recording, on sounds of which it is known.
#include "vits/data/sound_measures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "spoken_set.h"
#include "support/support.h"
#include "vits/audio/read.h"

namespace {

using vits::data::measure_sound;
using vits::data::SoundMeasures;
using vits::data_test::kRateHz;
using vits::data_test::spoken;

SoundMeasures measured(const std::vector<float>& samples) { return measure_sound(samples, kRateHz); }

std::vector<float> limited(std::vector<float> samples, float most) {
  for (float& sample : samples) sample = std::clamp(sample, -most, most);
  return samples;
}

TEST(SoundMeasures, FindNothingWrongWithCleanSpeech) {
  for (unsigned seed = 1; seed < 4; ++seed) {
    const SoundMeasures sound = measured(spoken({}, seed));
    EXPECT_NEAR(sound.seconds, 1.5, 1e-9);
    EXPECT_FALSE(sound.is_clipped()) << sound.peak_crowding;
    EXPECT_FALSE(sound.is_silent());
    EXPECT_GT(sound.bandwidth_hz, 7900);
    EXPECT_GT(sound.snr_db, 35);
    EXPECT_NEAR(sound.silence_begin_seconds, 0.05, 0.025);
    EXPECT_NEAR(sound.silence_end_seconds, 0.05, 0.025);
    EXPECT_LT(sound.silence_inside_seconds, 0.05);
  }
}

TEST(SoundMeasures, EstimateTheNoiseWithinThreeDecibels) {
  for (const double noise_db : {10.0, 20.0, 30.0}) {
    vits::data_test::Speech speech;
    // The mean of a syllable's squared envelope is 0.55^2 + 0.45^2 / 2.
    speech.noise_level = speech.level * std::sqrt(0.55 * 0.55 + 0.45 * 0.45 / 2) * std::pow(10.0, -noise_db / 20);
    speech.silence_end = 0.3;
    EXPECT_NEAR(measured(spoken(speech, 5)).snr_db, noise_db, 3.0);
  }
}

TEST(SoundMeasures, FindWhereTheBandEnds) {
  for (const double highest_hz : {3400.0, 4000.0, 5500.0}) {
    vits::data_test::Speech speech;
    speech.highest_hz = highest_hz;
    EXPECT_NEAR(measured(spoken(speech, 6)).bandwidth_hz, highest_hz, 450) << "the filter's slope is 700 Hz wide";
  }
}

TEST(SoundMeasures, FindClippingAlsoAfterAChangeOfLevelAndAFilter) {
  vits::data_test::Speech loud{.level = 2.0, .noise_level = 0.001, .highest_hz = 1500};
  const auto whole = spoken(loud, 7), cut = limited(whole, 0.9f);
  EXPECT_FALSE(measured(whole).is_clipped()) << measured(whole).peak_crowding;
  EXPECT_TRUE(measured(cut).is_clipped());
  EXPECT_GT(measured(cut).flat_samples, 100);
  std::vector<float> quieter(cut);
  for (float& sample : quieter) sample = std::round(sample * 0.13f * 32767) / 32767;
  EXPECT_TRUE(measured(quieter).is_clipped());
  EXPECT_NEAR(static_cast<double>(measured(quieter).flat_samples), static_cast<double>(measured(cut).flat_samples), 20);
  // A filter, as in a change of the sample rate, bends what was flat.
  const auto filtered = vits::data_test::low_passed(cut, 5000, kRateHz);
  EXPECT_LT(measured(filtered).flat_samples, 8);
  EXPECT_TRUE(measured(filtered).is_clipped()) << measured(filtered).peak_crowding;
}

TEST(SoundMeasures, EqualTheirDefinitionsInNumpy) {
  const vits::data_test::SpokenSet set;
  std::vector<std::string> paths;
  std::vector<SoundMeasures> ours;
  for (const auto& [highest_hz, rate] : {std::pair{8000.0, 16000}, {3000.0, 16000}, {9000.0, 22050}}) {
    auto samples = spoken({.level = 0.8, .highest_hz = highest_hz, .rate_hz = rate}, 20);
    samples = limited(std::move(samples), 0.7f);
    paths.push_back((set.folder() / ("wavs/" + std::to_string(paths.size()) + ".wav")).string());
    vits::audio::write_sound(paths.back(), samples, rate);
    const auto sound = vits::audio::read_sound(paths.back(), 10);
    ours.push_back(measure_sound(sound.samples, sound.sample_rate_hz));
  }
  std::istringstream lines(vits::support::run_python("tests/data/sound_measures_reference.py", paths));
  std::string line;
  for (const SoundMeasures& sound : ours) {
    ASSERT_TRUE(std::getline(lines, line));
    const auto json = nlohmann::json::parse(line);
    EXPECT_NEAR(sound.peak_dbfs, json["peak_dbfs"].get<double>(), 1e-4);
    EXPECT_EQ(sound.flat_samples, json["flat_samples"]);
    EXPECT_NEAR(sound.bandwidth_hz, json["bandwidth_hz"].get<double>(), 1e-6);
    EXPECT_GT(sound.flat_samples, 0);
  }
}

TEST(SoundMeasures, FindSilenceAtTheEndsAndInside) {
  const SoundMeasures sound =
      measured(spoken({.seconds = 3.5, .silence_begin = 0.6, .silence_inside = 1.2, .silence_end = 0.4}, 8));
  EXPECT_NEAR(sound.silence_begin_seconds, 0.6, 0.03);
  EXPECT_NEAR(sound.longest_pause_seconds, 1.2, 0.05);
  EXPECT_NEAR(sound.silence_inside_seconds, 1.2, 0.05);
  EXPECT_NEAR(sound.silence_end_seconds, 0.4, 0.03);
}

TEST(SoundMeasures, SurviveAnything) {
  for (const size_t samples : {1, 2, 100, 1023, 1024, 1025}) {
    EXPECT_TRUE(measured(std::vector<float>(samples, 0.0f)).is_silent());
    EXPECT_TRUE(std::isfinite(measured(std::vector<float>(samples, 0.5f)).bandwidth_hz));
  }
  EXPECT_TRUE(measured({}).is_silent());
  EXPECT_EQ(measured(std::vector<float>(16000, 0.0f)).silence_begin_seconds, 1.0);
  // Steady noise has no level that speech could be told by.
  EXPECT_LT(measured(spoken({.level = 0.0, .noise_level = 0.1}, 9)).snr_db, 3);
}

TEST(Similarity, KnowsASoundThatIsQuieterOrNoisierAndNoOther) {
  const auto sound = spoken({}, 10);
  std::vector<float> quieter(sound), noisier(spoken({.level = 0.0, .noise_level = 0.001}, 12));
  for (size_t n = 0; n < sound.size(); ++n) {
    quieter[n] *= 0.2f;
    noisier[n] += sound[n];
  }
  EXPECT_GT(similarity(measured(sound), measured(quieter)), 0.999);
  EXPECT_GT(similarity(measured(sound), measured(noisier)), 0.99);
  EXPECT_LT(similarity(measured(sound), measured(spoken({}, 11))), 0.97);
  EXPECT_NE(measured(sound).samples_hash, measured(quieter).samples_hash);
  EXPECT_EQ(measured(sound).samples_hash, measured(std::vector<float>(sound)).samples_hash);
}

}  // namespace
