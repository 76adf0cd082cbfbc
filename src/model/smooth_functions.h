// exp and its kin at one number, the same source for the processor and the card. The processor's float32 ones are what
// the compiler can turn into vectors, which the library's are not.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <type_traits>

#if defined(__CUDACC__)
#define VITS_PIECE __host__ __device__ __forceinline__
#else
#define VITS_PIECE inline __attribute__((always_inline))
#endif

namespace vits::model {

// What numbers of type T are computed in.
template <typename T>
using Computed = std::conditional_t<std::is_same_v<T, double>, double, float>;

}  // namespace vits::model

namespace vits::model::smooth_functions {

// On a processor in float32 within 2e-7 of the library's relatively; beyond the range of float32 the ends of the range.
VITS_PIECE float exponential(float x) {
#if defined(__CUDACC__)
  return expf(x);
#else
  const float bounded = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  // x = n log 2 + rest; the added number rounds n to a whole one in its last bits.
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23
  const float shifted = bounded * 1.44269504f + kRounder;
  const float n = shifted - kRounder;
  const float rest = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  float power = 1.9875691500e-4f;
  power = power * rest + 1.3981999507e-3f;
  power = power * rest + 8.3334519073e-3f;
  power = power * rest + 4.1665795894e-2f;
  power = power * rest + 1.6666665459e-1f;
  power = power * rest + 5.0000001201e-1f;
  power = power * rest * rest + rest + 1.0f;
  const auto exponent = std::bit_cast<uint32_t>(shifted) << 23;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(power) + exponent);
#endif
}
VITS_PIECE double exponential(double x) { return exp(x); }

template <typename C>
VITS_PIECE C sigmoid(C x) {
  return C(1) / (C(1) + exponential(-x));
}

// Near zero by its series: the difference below would lose its digits there.
template <typename C>
VITS_PIECE C hyperbolic_tangent(C x) {
  if constexpr (std::is_same_v<C, double>) {
    return tanh(x);
  } else {
    const C square = x * x;
    const C near =
        x + x * square * (C(-1.0 / 3) + square * (C(2.0 / 15) + square * (C(-17.0 / 315) + square * C(62.0 / 2835))));
    const C far = C(1) - C(2) / (C(1) + exponential(C(2) * x));
    return square < C(0.0625) ? near : far;
  }
}

// The normal distribution at x: its density, and the share of it that lies below.
template <typename C>
struct Normal {
  C density, below;
};

// On a processor in float32 `below` is within 3e-7: the share beyond |x| over the density is nearly a polynomial of
// 1 / (1 + 0.3 |x|), whose coefficients are a least-squares fit of the largest relative error, 1.5e-7, up to 14.
template <typename C>
VITS_PIECE Normal<C> normal(C x) {
  constexpr C kDensityAtZero = C(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
  const C falling = exponential(C(-0.5) * x * x);
#if !defined(__CUDACC__)
  if constexpr (std::is_same_v<C, float>) {
    const float t = 1.0f / (1.0f + 0.3f * (x < 0.0f ? -x : x));
    float power = 0.035674818f;
    power = power * t - 0.157203255f;
    power = power * t + 0.206353785f;
    power = power * t - 0.0536838813f;
    power = power * t + 0.128561742f;
    power = power * t + 0.0999134605f;
    power = power * t + 0.120753961f;
    power = power * t + 0.119629299f;
    const float beyond = power * t * falling;
    return {kDensityAtZero * falling, x < 0.0f ? beyond : 1.0f - beyond};
  }
#endif
  // float comes here on a card alone, whose erfc takes one as it is.
  // NOLINTNEXTLINE(performance-type-promotion-in-math-fn)
  return {kDensityAtZero * falling, C(0.5) * C(erfc(x * C(-1 / std::numbers::sqrt2)))};
}

// x times the share of the normal distribution below x, and its derivative.
template <typename C>
VITS_PIECE C gelu(C x) {
  return x * normal(x).below;
}
template <typename C>
VITS_PIECE C gelu_slope(C x) {
  const Normal<C> at = normal(x);
  return at.below + x * at.density;
}

}  // namespace vits::model::smooth_functions
