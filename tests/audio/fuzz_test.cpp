// Damaged sound must end in an Error or be read in part: never in a crash, in another exception or in much memory.
// VITS_FUZZ_COUNT says how many of each kind (500 otherwise); scripts/check runs more under sanitizers.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "support/mutator.h"
#include "support/support.h"
#include "vits/audio/read.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

// libsndfile 1.2.0 forgets 6 kB with every Ogg Vorbis file that it cannot open.
extern "C" const char* __lsan_default_suppressions() { return "leak:vorbis_info_init\n"; }

namespace vits::audio {
namespace {

int64_t most_memory_kb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void fuzz(const std::vector<std::string>& names, int count) {
  const auto folder = support::reference_data("sounds", "tests/audio/make_sounds.py", {});
  std::vector<std::string> seeds;
  for (const auto& name : names) seeds.push_back(base::read_file(folder / name));
  const int64_t before_kb = most_memory_kb();
  int readable = 0;
  for (int i = 0; i < count; ++i) {
    support::Mutator mutator(static_cast<uint64_t>(i));
    const std::string& seed = seeds[static_cast<size_t>(i) % seeds.size()];
    // Every other time only the header is damaged, which is a small part of the file.
    const size_t header = mutator.below(2) ? seed.size() : std::min<size_t>(seed.size(), 256);
    const std::string bytes = mutator.damage(seed.substr(0, header)) + seed.substr(header);
    try {
      const Sound sound = read_sound(bytes, "it", 60.0);
      for (const float sample : sound.samples)
        if (!std::isfinite(sample)) {
          ADD_FAILURE() << "mutation " << i << " gives a sample that is not finite";
          break;
        }
      ++readable;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "mutation " << i << ": " << error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "mutation " << i << " ends in another exception: " << error.what();
    }
  }
  const int64_t taken_kb = most_memory_kb() - before_kb;
  std::printf("%d mutations, %d still readable, memory grew by %ld kB\n", count, readable, taken_kb);
  EXPECT_LT(readable, count);
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LT(taken_kb, 100'000);
#endif
}

// libsndfile and libmpg123 alone: what they refuse would be given to ffmpeg, a process each time.
class SoundFuzz : public testing::Test {
 protected:
  SoundFuzz() : path_(std::getenv("PATH")) { ::setenv("PATH", "/nowhere", 1); }
  ~SoundFuzz() override { ::setenv("PATH", path_.c_str(), 1); }

 private:
  // Before the search path goes: they are made by Python and ffmpeg.
  std::filesystem::path made_ = support::reference_data("sounds", "tests/audio/make_sounds.py", {});
  std::string path_;
};

TEST_F(SoundFuzz, Wav) {
  fuzz({"wav_pcm_u8.wav", "wav_pcm_16.wav", "wav_pcm_24.wav", "wav_pcm_32.wav", "extensible.wav", "rf64.wav"},
       support::fuzz_count());
}
TEST_F(SoundFuzz, WavOfFloats) { fuzz({"wav_float.wav", "wav_double.wav"}, support::fuzz_count()); }
TEST_F(SoundFuzz, WavOfLogarithms) { fuzz({"wav_alaw.wav", "wav_ulaw.wav"}, support::fuzz_count()); }
TEST_F(SoundFuzz, WavOfAdpcm) { fuzz({"wav_ima_adpcm.wav", "wav_ms_adpcm.wav"}, support::fuzz_count()); }
TEST_F(SoundFuzz, Flac) { fuzz({"a.flac", "b.flac"}, support::fuzz_count()); }
TEST_F(SoundFuzz, OggVorbis) { fuzz({"a.ogg"}, support::fuzz_count()); }
TEST_F(SoundFuzz, Opus) { fuzz({"a.opus", "phone.opus"}, support::fuzz_count()); }
TEST_F(SoundFuzz, Mp3) { fuzz({"a.mp3", "stereo.mp3", "variable.mp3", "tagged.mp3"}, support::fuzz_count()); }
TEST_F(SoundFuzz, Aiff) { fuzz({"a.aiff", "float.aiff"}, support::fuzz_count()); }
TEST_F(SoundFuzz, AuCafAndWave64) { fuzz({"a.au", "a.caf", "wave64.w64"}, support::fuzz_count()); }

TEST(SoundFuzzByFfmpeg, Containers) {
  fuzz({"a.m4a", "start.mp4", "a.webm", "a.wma", "a.aac", "a.spx"}, std::max(1, support::fuzz_count() / 25));
}

}  // namespace
}  // namespace vits::audio
