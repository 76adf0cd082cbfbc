// row_convolution.h for processors with AVX2 and FMA: Intel since Haswell, AMD since Zen.
#if defined(__x86_64__)
#include <immintrin.h>

#define VITS_TARGET __attribute__((target("avx2,fma")))

namespace vits::model {
namespace {
struct Simd {
  using Vector = __m256;
  static constexpr int lanes = 8;
  static constexpr int rows = 6;       // 12 sums, 2 weights and the input fit the 16 registers
  static constexpr int tall_rows = 4;  // 8 sums, 2 inputs and a result
  VITS_TARGET static Vector load(const float* from) { return _mm256_loadu_ps(from); }
  VITS_TARGET static void store(float* to, Vector x) { _mm256_storeu_ps(to, x); }
  VITS_TARGET static Vector splat(float x) { return _mm256_set1_ps(x); }
  VITS_TARGET static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  VITS_TARGET static Vector multiply(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
  VITS_TARGET static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  VITS_TARGET static Vector max(Vector a, Vector b) { return _mm256_max_ps(a, b); }
  VITS_TARGET static Vector zip_low(Vector a, Vector b) {
    return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x20);
  }
  VITS_TARGET static Vector zip_high(Vector a, Vector b) {
    return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x31);
  }
};
}  // namespace
}  // namespace vits::model

#include "row_kernels_body.h"
#include "signal_kernels_body.h"

#include "filter_gradient_body.h"

namespace vits::model {
const RowKernels* row_kernels_avx2() {
  static const RowKernels kernels{"AVX2",       multiply,          convolve,        convolve_signal,
                                  pack_filters, transform_signals, multiply_points, finish_filters};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels : nullptr;
}
}  // namespace vits::model
#endif
