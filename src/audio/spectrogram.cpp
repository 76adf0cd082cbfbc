#include "vits/audio/spectrogram.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "vits/base/shape.h"

namespace vits::audio {

namespace {

constexpr double kMagnitudeFloor = 1e-6;  // under the root, so that its slope at silence is finite
constexpr double kMelFloor = 1e-5;

// Slaney's mel scale: linear up to 1000 Hz, which is 15 mel, then 27 mel for each factor of 6.4.
constexpr double kLogStartHz = 1000.0, kLogStartMel = 15.0;

double mel_of(double hz) {
  return hz < kLogStartHz ? 3.0 * hz / 200.0 : kLogStartMel + std::log(hz / kLogStartHz) * (27.0 / std::log(6.4));
}

double hz_of(double mel) {
  return mel < kLogStartMel ? 200.0 * mel / 3.0 : kLogStartHz * std::exp(std::log(6.4) / 27.0 * (mel - kLogStartMel));
}

// `count` equal steps from 0 to `last`, rounded as NumPy's linspace rounds them.
std::vector<double> steps_to(double last, int64_t count) {
  std::vector<double> values(count);
  const double step = last / static_cast<double>(count - 1);
  for (int64_t i = 0; i < count; ++i) values[i] = static_cast<double>(i) * step;
  values.back() = last;
  return values;
}

// Made once for each device and number format: every step takes it twice, and making it is six operators. Never given
// back, because the device's library may leave before us.
at::Tensor hann_window(int64_t samples, const at::TensorOptions& options) {
  using Key = std::tuple<int64_t, std::string, c10::ScalarType>;
  static std::mutex mutex;
  static auto& windows = *new std::map<Key, at::Tensor>;
  const std::lock_guard lock(mutex);
  at::Tensor& window = windows[{samples, options.device().str(), c10::typeMetaToScalarType(options.dtype())}];
  if (!window.defined()) window = at::hann_window(samples, options.requires_grad(false));
  return window;
}

}  // namespace

at::Tensor spectrogram(const at::Tensor& wave, const SpectrogramShape& shape) {
  base::check_shape(wave, "B S", "spectrogram input");
  const int64_t mirrored = (shape.fft_samples - shape.hop_samples) / 2;
  return spectrogram_of_mirrored(at::reflection_pad1d(wave.unsqueeze(1), {mirrored, mirrored}).squeeze(1), shape);
}

at::Tensor spectrogram_of_mirrored(const at::Tensor& wave, const SpectrogramShape& shape) {
  base::check_shape(wave, "B S", "mirrored spectrogram input");
  const auto window = hann_window(shape.fft_samples, wave.options());
  const auto transform = at::stft(wave, shape.fft_samples, shape.hop_samples, shape.fft_samples, window,
                                  /*center=*/false, /*pad_mode=*/"constant", /*normalized=*/false, /*onesided=*/true,
                                  /*return_complex=*/true);  // [B, K, F]
  return (at::view_as_real(transform).square().sum(-1) + kMagnitudeFloor).sqrt();
}

at::Tensor mel_bank(int64_t sample_rate_hz, const SpectrogramShape& shape) {
  const int64_t bins = shape.fft_samples / 2 + 1;
  const int64_t half_rate_hz = sample_rate_hz / 2;  // a whole number, as in transformers
  const auto top_hz = static_cast<double>(half_rate_hz);
  const std::vector<double> bin_hz = steps_to(top_hz, bins);
  std::vector<double> corners = steps_to(mel_of(top_hz), kMelBands + 2);  // mel
  for (double& corner : corners) corner = hz_of(corner);

  auto bank = at::empty({kMelBands, bins}, at::kFloat);
  auto weights = bank.accessor<float, 2>();
  for (int64_t band = 0; band < kMelBands; ++band) {
    // It rises from low to middle and falls to high.
    const double low = corners[band], middle = corners[band + 1], high = corners[band + 2];
    const double area = 2.0 / (high - low);
    for (int64_t bin = 0; bin < bins; ++bin) {
      const double height = std::min((bin_hz[bin] - low) / (middle - low), (high - bin_hz[bin]) / (high - middle));
      weights[band][bin] = static_cast<float>(std::max(0.0, height) * area);
    }
  }
  return bank;
}

at::Tensor log_mel(const at::Tensor& magnitudes, const at::Tensor& mel_bank) {
  base::check_shape(magnitudes, "B K F", "log mel input");
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return at::matmul(mel_bank, magnitudes.to(mel_bank.scalar_type())).clamp_min(kMelFloor).log();
}

}  // namespace vits::audio
