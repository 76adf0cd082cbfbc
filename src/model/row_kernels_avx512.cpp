// row_convolution.h for processors with AVX-512: Intel since Skylake-SP, AMD since Zen 4.
#if defined(__x86_64__)
#include <immintrin.h>

#define VITS_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,fma")))

namespace vits::model {
namespace {
struct Simd {
  using Vector = __m512;
  static constexpr int lanes = 16;
  static constexpr int rows = 12;      // 24 sums, 2 weights and the input fit the 32 registers
  static constexpr int tall_rows = 8;  // 24 sums and 3 inputs; a result is broadcast as it is read
  VITS_TARGET static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  VITS_TARGET static void store(float* to, Vector x) { _mm512_storeu_ps(to, x); }
  VITS_TARGET static Vector splat(float x) { return _mm512_set1_ps(x); }
  VITS_TARGET static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  VITS_TARGET static Vector multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
  VITS_TARGET static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
  // _mm512_max_ps makes GCC 12 warn of a variable of its own headers.
  VITS_TARGET static Vector max(Vector a, Vector b) { return _mm512_mask_max_ps(a, 0xffff, a, b); }
  VITS_TARGET static Vector zip_low(Vector a, Vector b) {
    return _mm512_permutex2var_ps(a, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), b);
  }
  VITS_TARGET static Vector zip_high(Vector a, Vector b) {
    return _mm512_permutex2var_ps(a, _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
                                  b);
  }
};
}  // namespace
}  // namespace vits::model

#include "row_kernels_body.h"
#include "signal_kernels_body.h"

#include "filter_gradient_body.h"

namespace vits::model {
const RowKernels* row_kernels_avx512() {
  static const RowKernels kernels{"AVX-512",    multiply,          convolve,        convolve_signal,
                                  pack_filters, transform_signals, multiply_points, finish_filters};
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
             ? &kernels
             : nullptr;
}
}  // namespace vits::model
#endif
