#include "vits/audio/lane_fft.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "vits/base/error.h"

namespace vits::audio {

namespace {

std::complex<float> twiddle(double turns) {
  const double angle = -2.0 * std::numbers::pi * turns;
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

}  // namespace

// Half as many complex points as there are real samples carry them: even ones as real part, odd ones as imaginary.
LaneFft::LaneFft(size_t samples) : samples_(samples) {
  if (samples < 2 || samples % 2) throw Error("a transform of {} samples: must be even. This is a bug.", samples);
  if (!std::has_single_bit(samples)) {
    one_by_one_.emplace(samples);
    return;
  }
  const size_t half = samples / 2;
  for (size_t n = 0; n < half; ++n) twiddles_.push_back(twiddle(static_cast<double>(n) / static_cast<double>(half)));
  for (size_t k = 0; k <= half; ++k)
    rotations_.push_back(twiddle(static_cast<double>(k) / static_cast<double>(samples)));
  points_.resize(half);
  scratch_.resize(half);
}

// Stockham's order: each pass reads and writes in sequence, and the result needs no reordering. A pass turns
// `stride` interleaved transforms of `length` points into four times (at the end perhaps twice) as many shorter ones.
void LaneFft::transform() {
  const auto times = [](const Point& a, std::complex<float> b) {
    return Point{a.re * b.real() - a.im * b.imag(), a.re * b.imag() + a.im * b.real()};
  };
  size_t length = points_.size(), stride = 1;
  for (; length >= 4; length /= 4, stride *= 4) {
    const size_t part = length / 4;
    for (size_t p = 0; p < part; ++p) {
      const auto w1 = twiddles_[p * stride], w2 = twiddles_[2 * p * stride], w3 = twiddles_[3 * p * stride];
      const Point* const from = points_.data() + stride * p;
      Point* const to = scratch_.data() + stride * 4 * p;
      for (size_t q = 0; q < stride; ++q) {
        const Point &a = from[q], &b = from[q + stride * part], &c = from[q + stride * 2 * part],
                    &d = from[q + stride * 3 * part];
        const Point even{a.re + c.re, a.im + c.im}, odd{a.re - c.re, a.im - c.im};
        const Point sum{b.re + d.re, b.im + d.im}, turned{b.im - d.im, d.re - b.re};
        to[q] = {even.re + sum.re, even.im + sum.im};
        to[q + stride] = times({odd.re + turned.re, odd.im + turned.im}, w1);
        to[q + stride * 2] = times({even.re - sum.re, even.im - sum.im}, w2);
        to[q + stride * 3] = times({odd.re - turned.re, odd.im - turned.im}, w3);
      }
    }
    points_.swap(scratch_);
  }
  if (length == 2) {
    for (size_t q = 0; q < stride; ++q) {
      const Point &a = points_[q], &b = points_[q + stride];
      scratch_[q] = {a.re + b.re, a.im + b.im};
      scratch_[q + stride] = {a.re - b.re, a.im - b.im};
    }
    points_.swap(scratch_);
  }
}

void LaneFft::power(std::span<const Lanes> wave, std::span<Lanes> power) {
  if (wave.size() != samples_ || power.size() != bins())
    throw Error("a transform of {} samples was given {}. This is a bug.", samples_, wave.size());
  if (one_by_one_) return power_one_by_one(wave, power);
  const size_t half = samples_ / 2;
  for (size_t n = 0; n < half; ++n) points_[n] = {wave[2 * n], wave[2 * n + 1]};
  transform();
  for (size_t k = 0; k <= half; ++k) {
    const Point &here = points_[k % half], &mirror = points_[(half - k) % half];
    const Point even{(here.re + mirror.re) * 0.5f, (here.im - mirror.im) * 0.5f};
    const Point odd{(here.im + mirror.im) * 0.5f, (mirror.re - here.re) * 0.5f};
    const float cosine = rotations_[k].real(), sine = rotations_[k].imag();
    const Lanes re = even.re + odd.re * cosine - odd.im * sine, im = even.im + odd.re * sine + odd.im * cosine;
    power[k] = re * re + im * im;
  }
}

void LaneFft::power_one_by_one(std::span<const Lanes> wave, std::span<Lanes> power) {
  std::vector<float> piece(samples_), result(bins());
  for (size_t lane = 0; lane < kLanes; ++lane) {
    for (size_t n = 0; n < piece.size(); ++n) piece[n] = wave[n][lane];
    one_by_one_->power(piece, result);
    for (size_t k = 0; k < result.size(); ++k) power[k][lane] = result[k];
  }
}

}  // namespace vits::audio
