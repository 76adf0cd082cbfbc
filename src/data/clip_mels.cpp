#include "clip_mels.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "vits/audio/fft.h"

namespace vits::data {

namespace {

constexpr float kPowerFloor = 1e-6f, kMelFloor = 1e-5f;  // as in audio::spectrogram and audio::log_mel

}  // namespace

MelBands::MelBands(int64_t sample_rate_hz, const audio::SpectrogramShape& shape) : shape_(shape) {
  const at::Tensor bank = audio::mel_bank(sample_rate_hz, shape).contiguous();  // [M, K]
  const auto bins = static_cast<size_t>(bank.size(1));
  for (int64_t m = 0; m < bank.size(0); ++m) {
    const float* const row = bank.const_data_ptr<float>() + m * bank.size(1);
    Band& band = bands_.emplace_back();
    size_t end = bins;
    while (band.first_bin < bins && row[band.first_bin] == 0.0f) ++band.first_bin;
    while (end > band.first_bin && row[end - 1] == 0.0f) --end;
    band.weights.assign(row + band.first_bin, row + end);
  }
}

void MelBands::log_mel(std::span<const audio::Lanes> magnitudes, size_t frames, c10::Half* mels) const {
  for (size_t m = 0; m < bands_.size(); ++m) {
    const Band& band = bands_[m];
    audio::Lanes sums{};
    for (size_t i = 0; i < band.weights.size(); ++i) sums += magnitudes[band.first_bin + i] * band.weights[i];
    for (size_t frame = 0; frame < frames; ++frame)
      mels[frame * bands_.size() + m] = std::log(std::max(sums[frame], kMelFloor));
  }
}

MelMaker::MelMaker(const MelBands& bands)
    : bands_(bands),
      fft_(static_cast<size_t>(bands.shape().fft_samples)),
      window_(audio::hann_window(fft_.samples())),
      frames_(fft_.samples()),
      magnitudes_(fft_.bins()) {
  for (float& weight : window_) weight /= 32768.0f;
}

void MelMaker::make(std::span<const int16_t> samples, c10::Half* mels) {
  const auto hop = static_cast<size_t>(bands_.shape().hop_samples);
  const size_t mirrored = (fft_.samples() - hop) / 2, count = samples.size();
  wave_.resize(count + 2 * mirrored);
  for (size_t i = 0; i < mirrored; ++i) {
    wave_[mirrored - 1 - i] = samples[i + 1];
    wave_[mirrored + count + i] = samples[count - 2 - i];
  }
  std::copy(samples.begin(), samples.end(), wave_.begin() + static_cast<std::ptrdiff_t>(mirrored));
  const size_t all = count / hop;
  for (size_t first = 0; first < all; first += audio::kLanes) {
    const size_t frames = std::min(audio::kLanes, all - first);
    for (size_t n = 0; n < frames_.size(); ++n)
      for (size_t lane = 0; lane < frames; ++lane) frames_[n][lane] = wave_[(first + lane) * hop + n] * window_[n];
    fft_.power(frames_, magnitudes_);
    for (audio::Lanes& magnitude : magnitudes_)
      for (size_t lane = 0; lane < audio::kLanes; ++lane) magnitude[lane] = std::sqrt(magnitude[lane] + kPowerFloor);
    bands_.log_mel(magnitudes_, frames, mels + first * bands_.bands());
  }
}

}  // namespace vits::data
