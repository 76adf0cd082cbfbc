// A start on as many clips as Common Voice has of a middling language: 42,139, of 22.6 hours. Takes 6 GB of the disk.
#include <ATen/ATen.h>

#include <chrono>
#include <cmath>
#include <random>

#include "small_set.h"
#include "vits/data/clip_store.h"

namespace vits::data_tests {
namespace {

constexpr int kClips = 42139;
constexpr int64_t kNoiseRateHz = 16000;

void put(std::string& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

// Noise of log-normal lengths, 1.93 s on average.
data::TrainingSet make_clips(const fs::path& folder) {
  fs::create_directories(folder / "wavs");
  const std::string noise_wav = audio::wav_bytes(noise(40 * kNoiseRateHz, 1), kNoiseRateHz);
  std::mt19937 random(1);
  const double mean = 22.6 * 3600 / kClips, spread = std::sqrt(std::log(1.0 + 0.15));
  std::lognormal_distribution<double> seconds(std::log(mean) - spread * spread / 2.0, spread);
  data::TrainingSet set{.folder = folder, .clips = {}, .defects = {}};
  for (int i = 0; i < kClips; ++i) {
    const auto samples = static_cast<size_t>(std::clamp(seconds(random), 0.8, 15.0) * kNoiseRateHz);
    std::string wav = noise_wav.substr(0, 44);
    put(wav, 4, static_cast<uint32_t>(36 + 2 * samples));
    put(wav, 40, static_cast<uint32_t>(2 * samples));
    wav.append(noise_wav, 44 + 2 * (random() % (20 * kNoiseRateHz)), 2 * samples);
    const std::string id = "clip" + std::to_string(i);
    std::ofstream(folder / "wavs" / (id + ".wav"), std::ios::binary) << wav;
    set.clips.push_back({.id = id,
                         .text = std::string(samples / 1600, static_cast<char>('a' + i % 26)),
                         .speaker = "",
                         .validation = i % 20 == 0,
                         .row = i + 1});
  }
  return set;
}

TEST(ClipStoreSlow, StartsOn42139ClipsAndFromTheirCache) {
  base::TemporaryFolder folder;
  const data::TrainingSet set = make_clips(folder.path());
  std::string fingerprint;
  for (const char* start : {"the first start", "from the cache"}) {
    const auto begin = std::chrono::steady_clock::now();
    const data::ClipStore store(set, letters(), {}, {.data_cache = "true"});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%s: %.2f s, %s\n", start, seconds, store.how().c_str());
    EXPECT_EQ(store.clips().size(), static_cast<size_t>(kClips));
    EXPECT_TRUE(fingerprint.empty() || store.fingerprint() == fingerprint);
    fingerprint = store.fingerprint();
  }
}

}  // namespace
}  // namespace vits::data_tests
