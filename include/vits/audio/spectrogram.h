// Spectrograms as every VITS checkpoint was trained with: the linear one is what the posterior encoder hears, the mel
// one what the mel loss compares. Differentiable, on whatever device the wave is.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace vits::audio {

inline constexpr int64_t kMelBands = 80;

struct SpectrogramShape {
  int64_t fft_samples = 1024;  // of the transform and of its periodic Hann window; gives fft_samples / 2 + 1 bins
  int64_t hop_samples = 256;   // samples a frame
};

// wave [B, S] float32 in -1 ... 1 -> magnitudes sqrt(re^2 + im^2 + 1e-6) [B, K, F], F = S / hop_samples rounded down.
// The ends are mirrored by (fft_samples - hop_samples) / 2 samples, so S must be larger than that.
at::Tensor spectrogram(const at::Tensor& wave, const SpectrogramShape& shape = {});

// The same of a wave [B, S] whose ends are mirrored already: F = (S - fft_samples) / hop_samples + 1.
at::Tensor spectrogram_of_mirrored(const at::Tensor& wave, const SpectrogramShape& shape = {});

// The weights of the mel bands, [M, K] float32 on the CPU: Slaney's scale and area, from 0 Hz to half the rate.
at::Tensor mel_bank(int64_t sample_rate_hz, const SpectrogramShape& shape = {});

// magnitudes [B, K, F], mel_bank [M, K] on the same device -> ln(max(mel, 1e-5)) [B, M, F]; float32 also under
// autocast.
at::Tensor log_mel(const at::Tensor& magnitudes, const at::Tensor& mel_bank);

}  // namespace vits::audio
