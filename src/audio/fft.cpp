#include "vits/audio/fft.h"

#include <cmath>
#include <numbers>

#include "vits/base/error.h"

namespace vits::audio {

namespace {

using Complex = std::complex<float>;

Complex unit(double turns) {
  const double angle = -2.0 * std::numbers::pi * turns;
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

// operator* of std::complex also cares for infinities, which costs more than the product.
Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

// Half as many complex samples as there are real ones carry them: even ones as real part, odd ones as imaginary.
RealFft::RealFft(size_t samples) : samples_(samples) {
  if (samples < 2 || samples % 2) throw Error("a transform of {} samples: must be even. This is a bug.", samples);
  const size_t half = samples / 2;
  for (size_t rest = half, factor = 4; rest > 1;) {
    while (rest % factor) {
      factor = factor == 4 ? 2 : factor == 2 ? 3 : factor + 2;
      if (factor * factor > rest && rest % factor) factor = rest;
    }
    factors_.push_back(factor);
    rest /= factor;
  }
  for (size_t n = 0; n < half; ++n) twiddles_.push_back(unit(static_cast<double>(n) / static_cast<double>(half)));
  for (size_t k = 0; k <= half; ++k) rotations_.push_back(unit(static_cast<double>(k) / static_cast<double>(samples)));
  packed_.resize(half);
  half_.resize(half);
  scratch_.resize(half);
}

// Decimation in time: `factor` transforms of every factor-th sample, then joined. `stride` counts samples of `in`.
void RealFft::butterflies(Complex* out, const Complex* in, size_t stride, size_t length, size_t factor) {
  if (length == 1) {
    *out = *in;
    return;
  }
  const size_t parts = factors_[factor], part = length / parts;
  for (size_t p = 0; p < parts; ++p) butterflies(out + p * part, in + p * stride, stride * parts, part, factor + 1);
  const size_t half = twiddles_.size();
  if (parts == 2) {
    for (size_t k = 0; k < part; ++k) {
      const Complex a = out[k], b = times(out[k + part], twiddles_[k * stride]);
      out[k] = a + b;
      out[k + part] = a - b;
    }
    return;
  }
  if (parts == 4) {
    for (size_t k = 0; k < part; ++k) {
      const Complex a = out[k], b = times(out[k + part], twiddles_[k * stride]),
                    c = times(out[k + 2 * part], twiddles_[2 * k * stride]),
                    d = times(out[k + 3 * part], twiddles_[3 * k * stride]);
      const Complex even = a + c, odd = a - c, sum = b + d, turned{(b - d).imag(), -(b - d).real()};
      out[k] = even + sum;
      out[k + part] = odd + turned;
      out[k + 2 * part] = even - sum;
      out[k + 3 * part] = odd - turned;
    }
    return;
  }
  for (size_t k = 0; k < part; ++k) {
    for (size_t p = 0; p < parts; ++p) scratch_[p] = out[k + p * part];
    for (size_t q = 0; q < parts; ++q) {
      Complex sum = scratch_[0];
      const size_t step = (k + q * part) * stride;
      for (size_t p = 1; p < parts; ++p) sum += times(scratch_[p], twiddles_[p * step % half]);
      out[k + q * part] = sum;
    }
  }
}

void RealFft::transform(std::span<const float> wave, std::span<Complex> spectrum) {
  if (wave.size() != samples_ || spectrum.size() != bins())
    throw Error("a transform of {} samples was given {}. This is a bug.", samples_, wave.size());
  const size_t half = samples_ / 2;
  for (size_t n = 0; n < half; ++n) packed_[n] = {wave[2 * n], wave[2 * n + 1]};
  butterflies(half_.data(), packed_.data(), 1, half, 0);
  for (size_t k = 0; k <= half; ++k) {
    const Complex here = half_[k % half], mirror = std::conj(half_[(half - k) % half]);
    const Complex even = (here + mirror) * 0.5f, odd = (here - mirror) * 0.5f;
    spectrum[k] = even + times(Complex(odd.imag(), -odd.real()), rotations_[k]);
  }
}

void RealFft::power(std::span<const float> wave, std::span<float> power) {
  spectrum_.resize(bins());
  transform(wave, spectrum_);
  for (size_t k = 0; k < spectrum_.size(); ++k) power[k] = std::norm(spectrum_[k]);
}

std::vector<float> hann_window(size_t samples) {
  std::vector<float> window(samples);
  for (size_t n = 0; n < samples; ++n)
    window[n] = static_cast<float>(
        0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(samples)));
  return window;
}

}  // namespace vits::audio
