#include "row_convolution.h"

namespace vits::model {

#if defined(__x86_64__)
const RowKernels* row_kernels() {
  static const RowKernels* const best = row_kernels_avx512() ? row_kernels_avx512() : row_kernels_avx2();
  return best;
}
#else
const RowKernels* row_kernels_avx512() { return nullptr; }
const RowKernels* row_kernels_avx2() { return nullptr; }
const RowKernels* row_kernels() { return nullptr; }
#endif

}  // namespace vits::model
