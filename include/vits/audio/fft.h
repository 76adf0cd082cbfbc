// The Fourier transform of real samples on the CPU, for measures that are taken of many short pieces where LibTorch's
// transform costs more to call than to compute.
#pragma once
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace vits::audio {

// Any even length; fast when it has only small prime factors (400, 512, 1024). One object serves one thread.
class RealFft {
 public:
  explicit RealFft(size_t samples);

  size_t samples() const { return samples_; }
  size_t bins() const { return samples_ / 2 + 1; }

  // spectrum[k] = sum over n of wave[n] * exp(-2 pi i k n / samples), k = 0 ... samples / 2.
  void transform(std::span<const float> wave, std::span<std::complex<float>> spectrum);

  // |spectrum[k]|^2.
  void power(std::span<const float> wave, std::span<float> power);

 private:
  void butterflies(std::complex<float>* out, const std::complex<float>* in, size_t stride, size_t length,
                   size_t factor);

  size_t samples_;
  std::vector<size_t> factors_;                 // of samples / 2
  std::vector<std::complex<float>> twiddles_;   // exp(-2 pi i n / (samples / 2))
  std::vector<std::complex<float>> rotations_;  // exp(-2 pi i k / samples)
  std::vector<std::complex<float>> packed_, half_, scratch_, spectrum_;
};

// A periodic Hann window.
std::vector<float> hann_window(size_t samples);

}  // namespace vits::audio
