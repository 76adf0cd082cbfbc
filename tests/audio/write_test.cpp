#include "vits/audio/write.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::audio {
namespace {

std::vector<float> short_tone(size_t samples, double amplitude) {
  std::vector<float> wave(samples);
  for (size_t i = 0; i < samples; ++i)
    wave[i] = static_cast<float>(amplitude * std::sin(0.05 * static_cast<double>(i)));
  return wave;
}

TEST(WriteSound, GivesWhatPythonReads) {
  const base::TemporaryFolder folder;
  const auto wave = short_tone(20001, 0.8);
  std::vector<std::string> paths;
  for (const char* name : {"a.wav", "b.flac", "c.OGG"}) {
    paths.push_back((folder.path() / name).string());
    const auto written = write_sound(paths.back(), wave, 16000);
    EXPECT_EQ(written.clipped_samples, 0);
    EXPECT_NEAR(written.peak, 0.8, 1e-4);
  }
  std::istringstream lines(support::run_python("tests/audio/read_sound.py", paths));
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"WAV", "PCM_16"}, {"FLAC", "PCM_16"}, {"OGG", "VORBIS"}};
  for (const auto& [format, subtype] : kinds) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    const auto read = nlohmann::json::parse(line);
    EXPECT_EQ(read[0], format);
    EXPECT_EQ(read[1], subtype);
    EXPECT_EQ(read[2], 16000);
    EXPECT_EQ(read[3], 1);
    ASSERT_EQ(read[4].size(), wave.size());
    double worst = 0;
    for (size_t i = 0; i < wave.size(); ++i) worst = std::max(worst, std::abs(read[4][i].get<double>() - wave[i]));
    EXPECT_LT(worst, subtype == "VORBIS" ? 0.05 : 1.5 / 32768) << format;
  }
}

TEST(WavBytes, AreTheFileThatWriteSoundMakes) {
  const base::TemporaryFolder folder;
  auto wave = short_tone(1001, 0.7);
  wave[3] = 1.5f;
  wave[4] = -1.5f;
  write_sound(folder.path() / "a.wav", wave, 22050);
  const std::string bytes = wav_bytes(wave, 22050);
  EXPECT_EQ(base::read_file(folder.path() / "a.wav"), bytes);
  ASSERT_EQ(bytes.size(), 44u + 2002u);
  EXPECT_EQ(bytes.substr(44 + 6, 4), std::string("\xff\x7f\x01\x80"));  // the ends of the range
  EXPECT_THROW(wav_bytes(wave, 0), Error);
}

TEST(WavBytes, AreRoundedToTheNearestAndFromTheMiddleToTheEvenNumber) {
  std::vector<float> samples{1.0f, -1.0f, 2.0f, -7.0f, 0.0f, -0.0f};
  for (int number = -32767; number < 32767; number += 113)
    for (const float rest : {0.0f, 0.25f, 0.5f, 0.75f})
      samples.push_back((static_cast<float>(number) + rest) / 32767.0f);
  const std::string bytes = wav_bytes(samples, 16000);
  for (size_t i = 0; i < samples.size(); ++i) {
    int16_t found;
    std::memcpy(&found, bytes.data() + 44 + 2 * i, sizeof found);
    EXPECT_EQ(found, std::lrint(std::clamp(samples[i], -1.0f, 1.0f) * 32767.0f)) << samples[i];
  }
}

TEST(WriteSound, GivesTheSameBytesTwice) {
  const base::TemporaryFolder folder;
  for (const char* extension : {".wav", ".flac", ".ogg"}) {
    std::string bytes[2];
    for (int i = 0; i < 2; ++i) {
      const auto path = folder.path() / (std::to_string(i) + extension);
      write_sound(path, short_tone(30000, 0.5), 22050);
      bytes[i] = base::read_file(path);
    }
    EXPECT_FALSE(bytes[0].empty());
    EXPECT_EQ(bytes[0], bytes[1]) << extension;
  }
}

TEST(WriteSound, ClipsAndCountsWhatIsTooLoud) {
  const base::TemporaryFolder folder;
  const auto path = folder.path() / "loud.wav";
  const std::vector<float> wave = {0.0f, 1.5f, -2.0f, 1.0f, -1.0f};
  const auto written = write_sound(path, wave, 16000);
  EXPECT_EQ(written.clipped_samples, 2);
  EXPECT_DOUBLE_EQ(written.peak, 2.0);
  const auto read = nlohmann::json::parse(support::run_python("tests/audio/read_sound.py", {path.string()}));
  const std::vector<double> expected = {0, 32767, -32767, 32767, -32767};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(read[4][i].get<double>() * 32768, expected[i]);
}

TEST(WriteSound, RefusesWhatItCannotWriteAndLeavesNothing) {
  const base::TemporaryFolder folder;
  try {
    write_sound(folder.path() / "a.mp3", short_tone(10, 1), 16000);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(".wav, .flac or .ogg"), std::string::npos);
  }
  EXPECT_THROW(write_sound(folder.path() / "b.wav", std::vector<float>{0.0f, NAN}, 16000), Error);
  base::write_file(folder.path() / "file", "x");
  EXPECT_THROW(write_sound(folder.path() / "file" / "c.wav", short_tone(10, 1), 16000), Error);
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 1u);
}

}  // namespace
}  // namespace vits::audio
