#include "hear_voices.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "hash.h"
#include "vits/audio/read.h"
#include "vits/audio/resample.h"
#include "vits/base/error.h"
#include "vits/base/machine.h"
#include "vits/base/parallel.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

namespace {

constexpr int64_t kClipsAtOnce = 24;  // some 100 windows of 4 s clips: the encoder works on 32 at a time
constexpr double kMostSeconds = 600.0;
constexpr double kSilenceDb = -60.0;

double level_db(std::span<const float> samples) {
  double squares = 0.0;
  for (const float sample : samples) squares += double(sample) * sample;
  return 10.0 * std::log10(squares / double(std::max<size_t>(samples.size(), 1)) + 1e-20);
}

std::vector<float> read_at_16k(const std::filesystem::path& path) {
  audio::Sound sound = audio::read_sound(path, kMostSeconds);
  if (sound.sample_rate_hz == 16000) return std::move(sound.samples);
  return audio::resample(sound.samples, sound.sample_rate_hz, 16000);
}

}  // namespace

HeardClips hear_voices(const TrainingSet& set, int64_t threads, const SpeakerListener& listener) {
  std::error_code error;
  std::filesystem::create_directories(set.folder / ".cache", error);
  if (error) throw Error("cannot make the folder {}: {}.", (set.folder / ".cache").string(), error.message());
  VoiceCache cache(set.folder / ".cache" / "speakers");

  HeardClips result;
  result.clips.resize(set.clips.size());
  std::vector<size_t> unknown;
  for (size_t clip = 0; clip < set.clips.size(); ++clip) {
    const auto wav = base::state_of(set.wav(set.clips[clip]));
    if (!wav) {
      result.clips[clip].unheard = "there is no " + set.wav(set.clips[clip]).string();
    } else if (const HeardVoice* known = cache.find(set.clips[clip].id); known && known->wav == *wav) {
      result.clips[clip].heard = *known;
      ++result.known_from_before;
    } else {
      result.clips[clip].heard.wav = *wav;
      unknown.push_back(clip);
    }
  }

  std::mutex mutex;
  int64_t done = 0;
  const auto total = static_cast<int64_t>(unknown.size());
  const auto hear_some = [&](int64_t task) {
    base::throw_if_stopped();
    const auto first = task * kClipsAtOnce, end = std::min(first + kClipsAtOnce, total);
    std::vector<std::vector<float>> sounds;
    std::vector<size_t> of, touched;
    for (int64_t place = first; place < end; ++place) {
      const size_t clip = unknown[size_t(place)];
      HeardClip& heard = result.clips[clip];
      try {
        heard.heard.wav_hash = sha256_of_file(set.wav(set.clips[clip]));
        if (const HeardVoice* known = cache.find(set.clips[clip].id);
            known && known->wav_hash == heard.heard.wav_hash) {
          const base::FileState now = heard.heard.wav;
          heard.heard = *known;
          heard.heard.wav = now;
          touched.push_back(clip);
          continue;
        }
        std::vector<float> samples = read_at_16k(set.wav(set.clips[clip]));
        heard.heard.seconds = double(samples.size()) / 16000.0;
        heard.heard.level_db = level_db(samples);
        speaker::set_volume(samples);
        sounds.push_back(std::move(samples));
        of.push_back(clip);
      } catch (const Stopped&) {
        throw;
      } catch (const Error& wrong) {
        heard.unheard = wrong.what();
      }
    }
    const std::vector<speaker::Embedding> voices = speaker::embed(sounds);
    for (size_t sound = 0; sound < of.size(); ++sound) result.clips[of[sound]].heard.voice = voices[sound];

    const std::lock_guard lock(mutex);
    for (const auto& clips : {of, touched})
      for (const size_t clip : clips) cache.add(set.clips[clip].id, result.clips[clip].heard);
    result.heard += static_cast<int64_t>(of.size());
    result.known_from_before += static_cast<int64_t>(touched.size());
    done += end - first;
    if (listener.progress) listener.progress(done, total);
  };
  base::for_each_task((total + kClipsAtOnce - 1) / kClipsAtOnce,
                      threads > 0 ? static_cast<int>(threads) : base::processors(), hear_some);
  cache.flush();
  for (HeardClip& clip : result.clips) {
    if (clip.unheard.empty() && clip.heard.level_db < kSilenceDb) clip.unheard = "it is silent";
  }
  return result;
}

}  // namespace vits::data
