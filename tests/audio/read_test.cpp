#include "vits/audio/read.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "support/support.h"
#include "vits/audio/write.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace vits::audio {
namespace {

namespace fs = std::filesystem;

fs::path sounds() { return support::reference_data("sounds", "tests/audio/make_sounds.py", {}); }

// Of the tone of 440 Hz, wherever it begins; the ends, where encoders fade, do not count.
double amplitude(const Sound& sound) {
  const auto rate = static_cast<size_t>(sound.sample_rate_hz);
  std::complex<double> sum = 0.0;
  const size_t begin = rate / 4, count = rate / 2;  // 220 turns
  if (sound.samples.size() < begin + count) return 0.0;
  for (size_t i = begin; i < begin + count; ++i)
    sum += static_cast<double>(sound.samples[i])
           * std::polar(1.0, -2.0 * std::numbers::pi * 440.0 * static_cast<double>(i) / static_cast<double>(rate));
  return 2.0 * std::abs(sum) / static_cast<double>(count);
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of_reading(const fs::path& path, double most_seconds = 60.0) {
  return error_of([&] { read_sound(path, most_seconds); });
}

std::string error_of_reading(const std::string& bytes) {
  return error_of([&] { read_sound(bytes, "it", 60.0); });
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<float> ramp(size_t count) {
  std::vector<float> samples(count);
  for (size_t i = 0; i < count; ++i) samples[i] = static_cast<float>(i % 2000) / 2000.0f - 0.5f;
  return samples;
}

std::string float_wav(const std::vector<float>& samples) {
  std::string wav = wav_bytes({}, 16000);
  wav[20] = 3;   // IEEE float
  wav[34] = 32;  // bits
  wav[32] = 4;
  const auto size = static_cast<uint32_t>(samples.size() * 4);
  std::memcpy(&wav[40], &size, 4);
  return wav + std::string(reinterpret_cast<const char*>(samples.data()), size);
}

TEST(ReadSound, EveryKindByItsContentWhateverItsName) {
  int kinds = 0;
  for (const auto& sound : nlohmann::json::parse(base::read_file(sounds() / "list.json"))) {
    const fs::path path = sounds() / sound[0].get<std::string>();
    SCOPED_TRACE(path.string());
    SoundReader reader(path);
    EXPECT_EQ(reader.format(), sound[5].get<std::string>());
    EXPECT_EQ(reader.channels(), sound[2].get<int64_t>());
    const Sound read = read_sound(path, 5.0);
    EXPECT_EQ(read.sample_rate_hz, sound[1].get<int64_t>());
    EXPECT_NEAR(read.seconds(), sound[3].get<double>(), 0.11);  // codecs of frames fill the last one
    EXPECT_NEAR(20.0 * std::log10(amplitude(read) / sound[4].get<double>()), 0.0, 0.5);
    ++kinds;
  }
  EXPECT_GE(kinds, 45);
}

TEST(ReadSound, GivesTheSamplesOfA16BitWavExactly) {
  const auto samples = ramp(30'001);
  const Sound read = read_sound(wav_bytes(samples, 22050), "it", 5.0);
  ASSERT_EQ(read.samples.size(), samples.size());
  EXPECT_EQ(read.sample_rate_hz, 22050);
  for (size_t i = 0; i < samples.size(); ++i)
    ASSERT_EQ(read.samples[i], static_cast<float>(std::lrint(samples[i] * 32767.0f)) / 32768.0f);
}

TEST(ReadSound, GivesTheSameFromMemoryAndInPieces) {
  for (const char* name : {"a.mp3", "a.ogg", "channels_6.wav", "a.flac", "a.m4a", "a.webm"}) {
    const Sound whole = read_sound(sounds() / name, 5.0);
    const std::string bytes = base::read_file(sounds() / name);
    EXPECT_EQ(read_sound(bytes, name, 5.0).samples, whole.samples) << name;
    SoundReader reader(bytes, name);
    std::vector<float> pieces;
    for (size_t size = 1;; size = size * 7 % 5003) {
      std::vector<float> piece(size);
      const size_t count = reader.read(piece);
      pieces.insert(pieces.end(), piece.begin(), piece.begin() + static_cast<int64_t>(count));
      if (count < size) break;
    }
    EXPECT_EQ(pieces, whole.samples) << name;
  }
}

TEST(ReadSound, SaysWhereAFileThatWasCutShortEnds) {
  const std::string wav = wav_bytes(ramp(88'200), 22050);
  EXPECT_TRUE(has(error_of_reading(wav.substr(0, 44 + 2048)), "it ends after 1,024 of 88,200 samples"));
  EXPECT_TRUE(has(error_of_reading(wav.substr(0, 44)), "it ends after 0 of 88,200 samples"));
  for (const char* name : {"a.flac", "a.mp3", "stereo.mp3", "variable.mp3", "tagged.mp3", "a.aiff", "rf64.wav",
                           "wav_ima_adpcm.wav", "wav_ms_adpcm.wav", "wav_float.wav"}) {
    const std::string bytes = base::read_file(sounds() / name);
    const std::string error = error_of_reading(bytes.substr(0, bytes.size() * 6 / 10));
    EXPECT_TRUE(has(error, " ends after ") || has(error, "cannot decode the rest")) << name << ": " << error;
  }
  for (const char* name : {"a.ogg", "a.opus", "a.m4a", "start.mp4", "a.wma"}) {
    const std::string bytes = base::read_file(sounds() / name);
    EXPECT_NE(error_of_reading(bytes.substr(0, bytes.size() * 6 / 10)), "no error") << name;
  }
  const std::string flac = base::read_file(sounds() / "a.flac");
  const std::string error = error_of_reading(flac.substr(0, flac.size() * 6 / 10));
  EXPECT_TRUE(has(error, "it: libsndfile cannot decode the rest (") && has(error, "), after 2")
              && has(error, " of 44,100 samples."))
      << error;
  // An address of ffmpeg's memory would make two runs differ.
  const std::string wma = base::read_file(sounds() / "a.wma");
  EXPECT_FALSE(has(error_of_reading(wma.substr(0, wma.size() / 2)), " @ 0x"));
  // What came before the end may be used.
  SoundReader reader(std::span<const char>(wav).first(44 + 4096), "it");
  std::vector<float> samples(2048);
  EXPECT_EQ(reader.read(samples), 2048u);
  EXPECT_THROW(reader.read(samples), Error);
}

TEST(ReadSound, RefusesWhatIsNoSound) {
  const base::TemporaryFolder folder;
  const fs::path empty = folder.path() / "empty.wav", inside = folder.path() / "folder.wav";
  std::ofstream(empty).flush();
  fs::create_directory(inside);
  EXPECT_TRUE(has(error_of_reading(empty), "empty.wav is empty"));
  EXPECT_TRUE(has(error_of_reading(inside), "folder.wav is a folder"));
  EXPECT_TRUE(has(error_of_reading(folder.path() / "none.wav"), "none.wav: No such file"));
  ASSERT_EQ(::mkfifo((folder.path() / "pipe.wav").c_str(), 0600), 0);
  EXPECT_TRUE(has(error_of_reading(folder.path() / "pipe.wav"), "pipe.wav is not a file"));
  EXPECT_TRUE(has(error_of_reading(std::string("The rain in Spain.\n")), "ffmpeg finds no sound in it"));
  EXPECT_TRUE(has(error_of_reading(std::string(100'000, '\0')), "ffmpeg finds no sound in it"));
  EXPECT_TRUE(has(error_of_reading(wav_bytes(ramp(100), 8000).substr(0, 20)), "it seems to be WAV"));
  EXPECT_TRUE(has(error_of_reading(sounds() / "silent_film.mp4"), "ffmpeg finds no sound in it"));
  // A play list must not make ffmpeg open what it names.
  const std::string list = "#EXTM3U\n#EXTINF:1,\nfile://" + (sounds() / "a.aac").string() + "\n#EXT-X-ENDLIST\n";
  EXPECT_TRUE(has(error_of_reading(list), "ffmpeg finds no sound in it"));
}

TEST(ReadSound, RefusesRatesAndChannelsBeyondItsRange) {
  EXPECT_TRUE(has(error_of_reading(sounds() / "slow.wav"), "slow.wav says that it has 3,999 samples a second"));
  EXPECT_TRUE(has(error_of_reading(sounds() / "fast.wav"), "192,001 samples a second"));
  EXPECT_TRUE(has(error_of_reading(sounds() / "channels_65.wav"), "65 channels"));
}

TEST(ReadSound, RefusesNanAndInfinity) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    auto samples = ramp(50'000);
    samples[40'000] = bad;
    const std::string error = error_of_reading(float_wav(samples));
    EXPECT_TRUE(has(error, "it holds values that are no numbers (NaN or infinite) after 40,000 samples.")) << error;
  }
  std::string stereo = float_wav({0.1f, 0.2f, 0.3f, 0.4f, 0.5f, NAN});
  stereo[22] = 2;
  stereo[32] = 8;
  EXPECT_TRUE(has(error_of_reading(stereo), "after 2 samples")) << error_of_reading(stereo);
  EXPECT_EQ(read_sound(float_wav(ramp(50'000)), "it", 5.0).samples, ramp(50'000));
}

TEST(ReadSound, TellsChannelsThatCancelAndGivesTheOneThatIsAskedFor) {
  const auto read_to_end = [](SoundReader& reader) {
    std::vector<float> samples(20'000);
    samples.resize(reader.read(samples));
    return samples;
  };
  struct Case {
    float left, right, left_noise;
    bool cancel;
  };
  for (const auto& [left, right, left_noise, cancel] : {Case{1.0f, -1.0f, 0.0f, true},
                                                        {1.0f, -1.0f, 0.01f, true},
                                                        {1.0f, -1.0f, 0.2f, false},
                                                        {1.0f, 1.0f, 0.0f, false},
                                                        {1.0f, -0.5f, 0.0f, false},
                                                        {0.0f, 1.0f, 0.0f, false},
                                                        {0.0f, 0.0f, 0.0f, false}}) {
    const auto one = ramp(10'000);
    std::vector<float> both;
    for (size_t i = 0; i < one.size(); ++i) {
      both.push_back(left * one[i] + left_noise * one[i * 7919 % one.size()]);
      both.push_back(right * one[i]);
    }
    std::string wav = float_wav(both);
    wav[22] = 2;
    wav[32] = 8;
    SoundReader reader(wav, "it");
    EXPECT_EQ(read_to_end(reader).size(), one.size());
    EXPECT_EQ(reader.channels_cancel(), cancel) << left << " " << right << " " << left_noise;
    EXPECT_EQ(reader.loudest_channel(), std::abs(right) > std::abs(left) + left_noise ? 1 : 0);
    for (const int64_t channel : {0, 1}) {
      SoundReader single(wav, "it");
      single.take_channel(channel);
      const auto samples = read_to_end(single);
      ASSERT_EQ(samples.size(), one.size());
      for (size_t i = 0; i < one.size(); ++i) ASSERT_EQ(samples[i], both[2 * i + static_cast<size_t>(channel)]);
      EXPECT_FALSE(single.channels_cancel());
    }
  }
}

TEST(ReadSound, ReadsNoSampleAndOneSample) {
  EXPECT_EQ(read_sound(wav_bytes({}, 16000), "it", 5.0).samples.size(), 0u);
  EXPECT_EQ(read_sound(wav_bytes(ramp(1), 16000), "it", 5.0).samples.size(), 1u);
}

TEST(ReadSound, ForgivesASizeThatIsOffByAHeader) {
  std::string wav = wav_bytes(ramp(1000), 16000);
  const auto size = static_cast<uint32_t>(wav.size());  // the whole file's instead of the data's
  std::memcpy(&wav[40], &size, 4);
  EXPECT_EQ(read_sound(wav, "it", 5.0).samples.size(), 1000u);
}

TEST(ReadSound, StopsAtTheLongestThatIsWanted) {
  const base::TemporaryFolder folder;
  const fs::path path = folder.path() / "long.wav";
  const uint32_t bytes = 3 * 3600 * 16000 * 2;
  std::string header = wav_bytes({}, 16000);
  std::memcpy(&header[40], &bytes, 4);
  std::ofstream(path, std::ios::binary) << header;
  fs::resize_file(path, header.size() + bytes);
  EXPECT_TRUE(has(error_of_reading(path, 20.0), "long.wav is longer than 20 s"));
  EXPECT_EQ(error_of_reading(wav_bytes(ramp(320), 16000)), "no error");
  EXPECT_TRUE(has(error_of([] { read_sound(wav_bytes(ramp(321), 16000), "it", 0.02); }), "it is longer than 0.02 s"));

  SoundReader reader(path);
  std::vector<float> piece(1 << 20);
  size_t total = 0;
  while (const size_t count = reader.read(piece)) total += count;
  EXPECT_EQ(total, bytes / 2);
}

TEST(ReadSound, NamesWhatIsMissingWithoutFfmpeg) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const std::string m4a = error_of_reading(sounds() / "a.m4a"), text = error_of_reading(std::string("no sound"));
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_TRUE(has(m4a, "a.m4a: it is M4A or MP4") && has(m4a, "apt-get install ffmpeg")) << m4a;
  EXPECT_TRUE(has(text, "libsndfile does not know what it is")) << text;
}

}  // namespace
}  // namespace vits::audio
