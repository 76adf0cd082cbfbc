// Registers of floats for kernels that are written once and compiled for each instruction set: `width` floats are one
// register of the set that the calling function is compiled for. Everything here is inlined into such functions, and
// registers are passed by reference, because passing wide ones by value differs between instruction sets.
#pragma once
#include <cstdint>
#include <cstring>

namespace vits::speaker {

template <int width>
struct Register {
  typedef float Floats __attribute__((vector_size(width * sizeof(float))));
  typedef int32_t Integers __attribute__((vector_size(width * sizeof(int32_t))));
};

template <class Floats>
[[gnu::always_inline]] inline void load(const float* from, Floats& value) {
  std::memcpy(&value, from, sizeof(value));
}

template <class Floats>
[[gnu::always_inline]] inline void store(const Floats& value, float* to) {
  std::memcpy(to, &value, sizeof(value));
}

// x becomes 1 / (1 + exp(-x)), to 2e-7: exp(-x) = 2^n exp(r), with the polynomial of Cephes' expf for |r| < ln(2) / 2.
template <int width>
[[gnu::always_inline]] inline void sigmoid(typename Register<width>::Floats& x) {
  using Floats = typename Register<width>::Floats;
  using Integers = typename Register<width>::Integers;
  const Floats least = Floats{} - 87.0f, most = Floats{} + 87.0f;
  Floats y = -x;
  y = y < least ? least : y;
  y = y > most ? most : y;
  // Added to a number so large, the fraction falls off, and the sum's last bits are n.
  constexpr float kRounder = 12582912.0f;
  const Floats rounded = y * 1.44269504088896341f + kRounder;
  const Floats n = rounded - kRounder;
  const Floats r = (y - n * 0.693359375f) + n * 2.12194440e-4f;
  Floats p = Floats{} + 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  Integers exponent, bits;
  std::memcpy(&exponent, &rounded, sizeof(exponent));
  std::memcpy(&bits, &p, sizeof(bits));
  bits += exponent << 23;
  std::memcpy(&p, &bits, sizeof(p));
  x = 1.0f / (1.0f + p);
}

template <int width>
[[gnu::always_inline]] inline void hyperbolic_tangent(typename Register<width>::Floats& x) {
  x = x + x;
  sigmoid<width>(x);
  x = x + x - 1.0f;
}

}  // namespace vits::speaker
