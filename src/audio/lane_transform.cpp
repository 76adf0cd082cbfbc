#include "lane_transform.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "vector_clones.h"

namespace vits::audio {

namespace {

std::vector<int64_t> radices_of(int64_t length) {
  std::vector<int64_t> radices;
  for (const int64_t radix : {7, 5, 3, 4, 2})
    for (; length % radix == 0; length /= radix) radices.push_back(radix);
  return length == 1 ? radices : std::vector<int64_t>{};
}

std::complex<double> on_circle(double turns) { return std::polar(1.0, -2.0 * std::numbers::pi * turns); }

inline __attribute__((always_inline)) void rotate(LanePoint& to, const LanePoint::Lanes& re, const LanePoint::Lanes& im,
                                                  const std::complex<float>& by) {
  to.re = re * by.real() - im * by.imag();
  to.im = re * by.imag() + im * by.real();
}

// out[t] = sum over j of in[j] * exp(-2 pi i j t / radix)
inline __attribute__((always_inline)) void butterfly(const LanePoint (&in)[2], LanePoint (&out)[2]) {
  out[0] = {in[0].re + in[1].re, in[0].im + in[1].im};
  out[1] = {in[0].re - in[1].re, in[0].im - in[1].im};
}

inline __attribute__((always_inline)) void butterfly(const LanePoint (&in)[4], LanePoint (&out)[4]) {
  const LanePoint even{in[0].re + in[2].re, in[0].im + in[2].im}, odd{in[0].re - in[2].re, in[0].im - in[2].im};
  const LanePoint sum{in[1].re + in[3].re, in[1].im + in[3].im};
  const LanePoint quarter{in[1].im - in[3].im, in[3].re - in[1].re};  // the difference times -i
  out[0] = {even.re + sum.re, even.im + sum.im};
  out[1] = {odd.re + quarter.re, odd.im + quarter.im};
  out[2] = {even.re - sum.re, even.im - sum.im};
  out[3] = {odd.re - quarter.re, odd.im - quarter.im};
}

// The cosines and sines of j / radix turns.
template <int radix>
struct Circle {
  float cosine[radix], sine[radix];
  Circle() {
    for (int j = 0; j < radix; ++j) {
      const auto point = on_circle(-static_cast<double>(j) / radix);
      cosine[j] = static_cast<float>(point.real());
      sine[j] = static_cast<float>(point.imag());
    }
  }
};

// An odd radix: inputs j and radix - j share their products, and so do outputs t and radix - t.
template <int radix>
inline __attribute__((always_inline)) void butterfly(const LanePoint (&in)[radix], LanePoint (&out)[radix]) {
  static const Circle<radix> circle;
  constexpr int kHalf = radix / 2;
  LanePoint sums[kHalf], differences[kHalf];
  out[0] = in[0];
#pragma GCC unroll 8
  for (int j = 1; j <= kHalf; ++j) {
    sums[j - 1] = {in[j].re + in[radix - j].re, in[j].im + in[radix - j].im};
    differences[j - 1] = {in[j].re - in[radix - j].re, in[j].im - in[radix - j].im};
    out[0].re += sums[j - 1].re;
    out[0].im += sums[j - 1].im;
  }
#pragma GCC unroll 8
  for (int t = 1; t <= kHalf; ++t) {
    LanePoint even = in[0], odd{};
#pragma GCC unroll 8
    for (int j = 1; j <= kHalf; ++j) {
      const float cosine = circle.cosine[j * t % radix], sine = circle.sine[j * t % radix];
      even.re += sums[j - 1].re * cosine;
      even.im += sums[j - 1].im * cosine;
      odd.re += differences[j - 1].im * sine;  // the difference times -i
      odd.im -= differences[j - 1].re * sine;
    }
    out[t] = {even.re + odd.re, even.im + odd.im};
    out[radix - t] = {even.re - odd.re, even.im - odd.im};
  }
}

// Stockham's order: a pass reads and writes in sequence and the result needs no reordering. It turns `stride`
// interleaved transforms of `length` points into `radix` times as many shorter ones.
template <int radix>
inline __attribute__((always_inline)) void pass(const LanePoint* from, LanePoint* to,
                                                const std::complex<float>* twiddles, int64_t length, int64_t stride) {
  const int64_t part = length / radix;
  for (int64_t p = 0; p < part; ++p)
    for (int64_t q = 0; q < stride; ++q) {
      LanePoint in[radix], out[radix];
#pragma GCC unroll 8
      for (int j = 0; j < radix; ++j) in[j] = from[q + stride * (p + part * j)];
      butterfly(in, out);
      LanePoint* const here = to + q + stride * radix * p;
      here[0] = out[0];
#pragma GCC unroll 8
      for (int t = 1; t < radix; ++t) rotate(here[stride * t], out[t].re, out[t].im, twiddles[t * p * stride]);
    }
}

VITS_WITH_AVX2 void run_pass(int64_t radix, const LanePoint* from, LanePoint* to, const std::complex<float>* twiddles,
                             int64_t length, int64_t stride) {
  switch (radix) {
    case 2:
      return pass<2>(from, to, twiddles, length, stride);
    case 3:
      return pass<3>(from, to, twiddles, length, stride);
    case 4:
      return pass<4>(from, to, twiddles, length, stride);
    case 5:
      return pass<5>(from, to, twiddles, length, stride);
    default:
      return pass<7>(from, to, twiddles, length, stride);
  }
}

}  // namespace

bool LaneTransform::knows(int64_t length) { return length == 1 || !radices_of(length).empty(); }

LaneTransform::LaneTransform(int64_t length) : radices_(radices_of(length)) {
  for (int64_t n = 0; n < length; ++n)
    twiddles_.emplace_back(on_circle(static_cast<double>(n) / static_cast<double>(length)));
}

LanePoint* LaneTransform::run(LanePoint* points, LanePoint* scratch) const {
  int64_t rest = length(), stride = 1;
  for (const int64_t radix : radices_) {
    run_pass(radix, points, scratch, twiddles_.data(), rest, stride);
    std::swap(points, scratch);
    rest /= radix;
    stride *= radix;
  }
  return points;
}

}  // namespace vits::audio
