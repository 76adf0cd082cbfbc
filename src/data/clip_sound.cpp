#include "clip_sound.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "vits/audio/loudness.h"
#include "vits/audio/resample.h"
#include "vits/audio/trim.h"
#include "vits/base/error.h"
#include "vits/speaker/voice_activity.h"

namespace vits::data {

namespace {

constexpr int64_t kVoiceActivityRate = 16000;

// Silence that the network hears before a clip. Where a word begins at once it takes the whole clip for noise: of 1,500
// spoken digits of 0.4 s (fsdd) it misses 108 without this and none with it.
constexpr int64_t kLeadInSamples = 4 * 512;

// Full scale is 1. Lower than -60 dBFS is the noise of a recorder that nobody spoke into; 30 dB more of it would be a
// clip of noise.
constexpr double kSilence = 0.001;

// -1 dBFS, less what rounding to 16 bits may add.
constexpr double kMostTruePeak = 0.8912509 - 1.0 / 32768;

double decibels(double amplitude) { return 20.0 * std::log10(std::max(amplitude, 1e-9)); }
double amplitude(double decibels) { return std::pow(10.0, decibels / 20.0); }

audio::ResampleMethod method_of(const ClipOptions& options) {
  return options.resampler == "best_sinc" ? audio::ResampleMethod::kBestSinc : audio::ResampleMethod::kPolyphase;
}

audio::Span spoken_part(std::span<const float> samples, const ClipOptions& options) {
  std::vector<float> heard(kLeadInSamples, 0.0f);
  audio::Resampler resampler(options.sample_rate_hz, kVoiceActivityRate, method_of(options));
  resampler.add(samples, heard);
  resampler.finish(heard);
  const audio::Span part = speaker::spoken_part(heard);
  const auto back = [&](int64_t sample) {
    const int64_t without = std::max<int64_t>(0, sample - kLeadInSamples);
    return std::min(static_cast<int64_t>(samples.size()), without * options.sample_rate_hz / kVoiceActivityRate);
  };
  return {back(part.begin_sample), back(part.end_sample)};
}

}  // namespace

ClipSoundMaker::ClipSoundMaker(const ClipOptions& options) : options_(options) {
  if (options_.min_seconds > options_.max_seconds)
    throw UsageError("--min_seconds {} is more than --max_seconds {}: no clip could be both.", options_.min_seconds,
                     options_.max_seconds);
  if (options_.min_characters > options_.max_characters)
    throw UsageError("--min_characters {} is more than --max_characters {}: no text could be both.",
                     options_.min_characters, options_.max_characters);
  if (options_.trim == "vad" && !speaker::voice_activity_built_in())
    throw UsageError(
        "this program was built without the network that knows speech. Pass --trim energy, or build it again with "
        "scripts/setup.");
  if (options_.loudness == "off") return;
  const char* end = options_.loudness.data() + options_.loudness.size();
  const auto [stop, error] = std::from_chars(options_.loudness.data(), end, loudness_lufs_);
  if (error != std::errc() || stop != end || !(loudness_lufs_ >= -60.0 && loudness_lufs_ <= -5.0))
    throw UsageError("--loudness is \"{}\", but must be -60 to -5 (LUFS) or off.", options_.loudness);
  levels_loudness_ = true;
}

std::string ClipSoundMaker::length_complaint(int64_t samples, const std::string& name) const {
  const double seconds = static_cast<double>(samples) / static_cast<double>(options_.sample_rate_hz);
  if (seconds < options_.min_seconds)
    return fmt::format("too short: {} has {:.2f} s of sound, less than --min_seconds {:g}.", name, seconds,
                       options_.min_seconds);
  if (seconds > options_.max_seconds)
    return fmt::format(
        "too long: {} has {:.1f} s, more than --max_seconds {:g}. Cut it into sentences with their texts.", name,
        seconds, options_.max_seconds);
  return {};
}

ClipSound ClipSoundMaker::make(std::span<const float> samples, int64_t sample_rate_hz, const std::string& name) const {
  ClipSound clip;
  const auto rejected = [&clip](std::string reason) {
    clip.rejected = std::move(reason);
    return clip;
  };
  if (const double peak = audio::sample_peak(samples); peak < kSilence)
    return rejected(peak == 0.0
                        ? fmt::format("silence: {} holds no sound.", name)
                        : fmt::format("silence: the loudest sample of {} is at {:.0f} dBFS.", name, decibels(peak)));
  clip.samples = audio::resample(samples, sample_rate_hz, options_.sample_rate_hz, method_of(options_));

  const auto total = static_cast<int64_t>(clip.samples.size());
  audio::Span part{0, total};
  if (options_.trim == "energy") part = audio::sounding_part(clip.samples, options_.sample_rate_hz);
  if (options_.trim == "vad") part = spoken_part(clip.samples, options_);
  if (part.empty()) {
    clip.samples.clear();
    return rejected(fmt::format("no speech: nobody speaks in {}. --trim energy takes any sound.", name));
  }
  if (options_.trim != "off")
    part = audio::widened(part, options_.keep_silence_seconds, options_.sample_rate_hz, total);
  clip.samples.resize(static_cast<size_t>(part.end_sample));
  clip.samples.erase(clip.samples.begin(), clip.samples.begin() + part.begin_sample);

  if (std::string complaint = length_complaint(part.end_sample - part.begin_sample, name); !complaint.empty()) {
    clip.samples.clear();
    return rejected(std::move(complaint));
  }

  const double peak = audio::true_peak(clip.samples);
  double gain = 1.0;
  if (options_.peak != 0.0)
    gain = amplitude(options_.peak) / peak;
  else if (levels_loudness_)
    gain = amplitude(loudness_lufs_ - audio::loudness_lufs(clip.samples, options_.sample_rate_hz));
  if (!(gain * peak <= kMostTruePeak)) {  // also when the loudness is minus infinity: below its gate
    gain = kMostTruePeak / peak;
    clip.peak_lowered = true;
  }
  for (float& sample : clip.samples) sample = static_cast<float>(sample * gain);
  return clip;
}

}  // namespace vits::data
