#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>

#include "vits/audio/fft.h"
#include "vits/audio/loudness.h"
#include "vits/data/sound_measures.h"

namespace vits::data {

namespace {

constexpr double kFrameSeconds = 0.01;
constexpr double kLeastPower = 1e-11;  // -110 dBFS: below the last bit of 16, digital silence

double decibels_of_power(double power) {
  return power > 0 ? 10.0 * std::log10(power) : -std::numeric_limits<double>::infinity();
}

// ---- level and damage

int64_t flat_samples(std::span<const float> samples, float peak) {
  constexpr float kOneStep = 1.01f / 32768.0f;  // equal in 16 bits, with rounding after a change of level
  int64_t flat = 0;
  for (size_t i = 1; i < samples.size(); ++i)
    flat += std::abs(samples[i]) >= 0.9f * peak && std::abs(samples[i] - samples[i - 1]) <= kOneStep;
  return flat;
}

// Levels of speech grow rarer towards the peak. Where a pair of levels (2 % of the peak each) is more frequent than the
// lower ones before it, peaks were pressed to one height.
double peak_crowding(std::span<const float> samples, float peak) {
  constexpr size_t kLevels = 50, kLowest = 12;
  constexpr double kLeastShare = 0.002, kLeastCount = 40;  // of rarer levels the counts are chance
  std::vector<double> counts(kLevels);
  for (const float sample : samples)
    ++counts[std::min(static_cast<size_t>(std::abs(sample) / peak * kLevels), kLevels - 1)];
  double most = 0.0;
  for (size_t level = kLowest; level + 1 < kLevels; ++level) {
    const double here = counts[level] + counts[level + 1];
    const double before = (counts[level - 3] + counts[level - 4] + counts[level - 5] + counts[level - 6]) / 2;
    if (here >= std::max(kLeastCount, kLeastShare * static_cast<double>(samples.size())))
      most = std::max(most, here / std::max(before, 1.0));
  }
  return most;
}

// ---- noise and silence

std::vector<double> frame_powers(std::span<const float> samples, int64_t sample_rate_hz) {
  const auto frame =
      static_cast<size_t>(std::max(1.0, std::round(kFrameSeconds * static_cast<double>(sample_rate_hz))));
  std::vector<double> powers;
  for (size_t begin = 0; begin < samples.size(); begin += frame) {
    const auto part = samples.subspan(begin, std::min(frame, samples.size() - begin));
    double sum = 0.0;
    for (const float sample : part) sum += static_cast<double>(sample) * sample;
    powers.push_back(sum / static_cast<double>(part.size()));
  }
  // Over 30 ms, so that a period of a low voice does not count as a pause.
  std::vector<double> smooth(powers.size());
  for (size_t i = 0; i < powers.size(); ++i) {
    const double left = powers[i ? i - 1 : 0], right = powers[std::min(i + 1, powers.size() - 1)];
    smooth[i] = (left + powers[i] + right) / 3;
  }
  return smooth;
}

double mean(const std::vector<double>& values, size_t begin, size_t end) {
  double sum = 0.0;
  for (size_t i = begin; i < end; ++i) sum += values[i];
  return end > begin ? sum / static_cast<double>(end - begin) : 0.0;
}

void measure_silence(std::span<const float> samples, SoundMeasures& sound) {
  const std::vector<double> powers = frame_powers(samples, sound.sample_rate_hz);
  std::vector<double> sorted(powers);
  std::ranges::sort(sorted);
  const auto heard = static_cast<size_t>(std::ranges::lower_bound(sorted, kLeastPower) - sorted.begin());
  const size_t audible = sorted.size() - heard;
  const double noise = std::max(mean(sorted, heard, heard + (audible + 9) / 10), kLeastPower);
  const double speech = mean(sorted, heard + audible / 2, sorted.size());
  // A frame is silent when it is near the noise; of clean recordings 40 dB below the speech, never within 15 dB of it.
  const double threshold = std::max(std::min(4.0 * noise, 0.0316 * speech), std::max(1e-4 * speech, kLeastPower));

  constexpr size_t kPauseFrames = 15;
  size_t first = 0, last = powers.size();
  while (first < last && powers[first] < threshold) ++first;
  while (last > first && powers[last - 1] < threshold) --last;
  double active = 0.0;
  size_t active_frames = 0, run = 0, inside = 0, longest = 0;
  for (size_t i = first; i < last; ++i) {
    if (powers[i] < threshold) {
      ++run;
      continue;
    }
    if (run >= kPauseFrames) inside += run;
    longest = std::max(longest, run);
    run = 0;
    active += powers[i];
    ++active_frames;
  }
  const auto seconds = [](size_t frames) { return static_cast<double>(frames) * kFrameSeconds; };
  sound.silence_begin_seconds = std::min(seconds(first), sound.seconds);
  sound.silence_end_seconds = std::min(seconds(powers.size() - last), sound.seconds - sound.silence_begin_seconds);
  sound.silence_inside_seconds = seconds(inside);
  sound.longest_pause_seconds = seconds(longest);
  if (active_frames == 0) return;
  active /= static_cast<double>(active_frames);
  sound.snr_db = std::clamp(decibels_of_power(std::max(active - noise, 1e-3 * noise) / noise), 0.0, 90.0);
}

// ---- spectrum

constexpr size_t kSlices = 16, kBands = 8;
constexpr double kLowestBand = 120.0, kHighestBand = 3600.0;  // in hertz: what every recording of speech has

struct Spectra {
  std::vector<double> mean;                        // long-term power of each bin
  std::vector<std::vector<float>> bands_of_frame;  // [frames][kBands]
  double hertz_per_bin = 0.0, seconds_per_frame = 0.0;
};

Spectra spectra_of(std::span<const float> samples, int64_t sample_rate_hz) {
  const auto rate = static_cast<double>(sample_rate_hz);
  const size_t length = std::max<size_t>(64, std::bit_floor(static_cast<size_t>(0.065 * rate)));  // 1,024 at 16 kHz
  const size_t step = length / 2;
  audio::RealFft fft(length);
  const auto window = audio::hann_window(length);
  Spectra spectra{
      std::vector<double>(fft.bins()), {}, rate / static_cast<double>(length), static_cast<double>(step) / rate};
  std::vector<int> band_of_bin(fft.bins(), -1);
  for (size_t bin = 0; bin < fft.bins(); ++bin) {
    const double place = std::log(static_cast<double>(bin) * spectra.hertz_per_bin / kLowestBand)
                         / std::log(kHighestBand / kLowestBand) * kBands;
    if (place >= 0 && place < kBands) band_of_bin[bin] = static_cast<int>(place);
  }
  std::vector<float> wave(length), power(fft.bins());
  for (size_t begin = 0; begin == 0 || begin + length <= samples.size(); begin += step) {
    for (size_t i = 0; i < length; ++i) wave[i] = begin + i < samples.size() ? samples[begin + i] * window[i] : 0.0f;
    fft.power(wave, power);
    std::vector<float> bands(kBands);
    for (size_t bin = 0; bin < power.size(); ++bin) {
      spectra.mean[bin] += power[bin];
      if (band_of_bin[bin] >= 0) bands[static_cast<size_t>(band_of_bin[bin])] += power[bin];
    }
    spectra.bands_of_frame.push_back(std::move(bands));
  }
  return spectra;
}

double bandwidth_hz(const Spectra& spectra) {
  constexpr double kBelowTop = 1e-6;  // -60 dB: real speech of 8 kHz is 15 to 40 dB above, the noise of 16 bits below
  constexpr double kLowestVoice = 80.0;
  const size_t bins = spectra.mean.size();
  std::vector<double> smooth(bins);
  for (size_t bin = 0; bin < bins; ++bin) {
    const size_t begin = bin < 2 ? 0 : bin - 2, end = std::min(bins, bin + 3);
    smooth[bin] = mean(spectra.mean, begin, end);
  }
  const auto lowest = std::min(static_cast<size_t>(kLowestVoice / spectra.hertz_per_bin), bins - 1);
  const double top = *std::max_element(smooth.begin() + static_cast<std::ptrdiff_t>(lowest), smooth.end());
  size_t highest = bins - 1;
  while (highest > 0 && smooth[highest] <= kBelowTop * top) --highest;
  return static_cast<double>(highest) * spectra.hertz_per_bin;
}

// How the energy moves through time and bands, from the first sound to the last.
std::vector<float> fingerprint(const Spectra& spectra, const SoundMeasures& sound) {
  const auto frames = static_cast<double>(spectra.bands_of_frame.size());
  const double first = std::min(sound.silence_begin_seconds / spectra.seconds_per_frame, frames - 1);
  const double last =
      std::clamp((sound.seconds - sound.silence_end_seconds) / spectra.seconds_per_frame, first + 1, frames);
  std::vector<float> print(kSlices * kBands);
  for (size_t slice = 0; slice < kSlices; ++slice) {
    const double width = (last - first) / kSlices;
    const auto begin = static_cast<size_t>(first + width * static_cast<double>(slice));
    const auto end = std::max(begin + 1, static_cast<size_t>(first + width * static_cast<double>(slice + 1)));
    for (size_t frame = begin; frame < std::min(end, spectra.bands_of_frame.size()); ++frame)
      for (size_t band = 0; band < kBands; ++band)
        print[slice * kBands + band] += spectra.bands_of_frame[frame][band] / static_cast<float>(end - begin);
  }
  const float loudest = *std::ranges::max_element(print);
  double average = 0.0, square = 0.0;
  for (float& value : print) {
    value = std::log(value + 1e-5f * loudest + 1e-20f);  // what lies 50 dB lower is noise and not compared
    average += value / static_cast<double>(print.size());
  }
  for (float& value : print) {
    value -= static_cast<float>(average);
    square += static_cast<double>(value) * value;
  }
  for (float& value : print) value /= static_cast<float>(std::sqrt(std::max(square, 1e-12)));
  return print;
}

}  // namespace

bool SoundMeasures::is_silent() const { return !std::isfinite(loudness_lufs); }

bool SoundMeasures::is_clipped() const {
  constexpr int64_t kLeastFlat = 8;
  constexpr double kLeastFlatShare = 5e-5, kLeastCrowding = 1.7;
  const double samples = seconds * static_cast<double>(sample_rate_hz);
  const bool flat = flat_samples >= kLeastFlat && static_cast<double>(flat_samples) >= kLeastFlatShare * samples;
  return !is_silent() && (flat || peak_crowding >= kLeastCrowding);
}

SoundMeasures measure_sound(std::span<const float> samples, int64_t sample_rate_hz) {
  SoundMeasures sound;
  sound.sample_rate_hz = sample_rate_hz;
  sound.seconds = static_cast<double>(samples.size()) / static_cast<double>(sample_rate_hz);
  sound.samples_hash =
      std::hash<std::string_view>{}({reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(float)});
  const float peak = audio::sample_peak(samples);
  sound.peak_dbfs = 2 * decibels_of_power(peak);
  sound.loudness_lufs = audio::loudness_lufs(samples, sample_rate_hz);
  if (sound.is_silent() || peak <= 0.0f) {
    sound.loudness_lufs = -std::numeric_limits<double>::infinity();
    sound.bandwidth_hz = sound.snr_db = std::numeric_limits<double>::quiet_NaN();
    sound.silence_begin_seconds = sound.seconds;
    return sound;
  }
  sound.flat_samples = flat_samples(samples, peak);
  sound.peak_crowding = peak_crowding(samples, peak);
  measure_silence(samples, sound);
  const Spectra spectra = spectra_of(samples, sample_rate_hz);
  sound.bandwidth_hz = bandwidth_hz(spectra);
  sound.fingerprint = fingerprint(spectra, sound);
  return sound;
}

double similarity(const SoundMeasures& one, const SoundMeasures& other) {
  double product = 0.0;
  for (size_t i = 0; i < std::min(one.fingerprint.size(), other.fingerprint.size()); ++i)
    product += static_cast<double>(one.fingerprint[i]) * other.fingerprint[i];
  return product;
}

}  // namespace vits::data
