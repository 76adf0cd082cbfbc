#include "row_convolution.h"

#include <ATen/Version.h>

namespace vits::model {

#if defined(__x86_64__)
namespace {

// LibTorch's own choice counts: who lowers it by ATEN_CPU_CAPABILITY means all of the program.
const RowKernels* best_kernels() {
  const std::string capability = at::get_cpu_capability();
  if (capability.starts_with("AVX512") && row_kernels_avx512()) return row_kernels_avx512();
  return capability.starts_with("AVX") ? row_kernels_avx2() : nullptr;
}

}  // namespace

const RowKernels* row_kernels() {
  static const RowKernels* const best = best_kernels();
  return best;
}
#else
const RowKernels* row_kernels_avx512() { return nullptr; }
const RowKernels* row_kernels_avx2() { return nullptr; }
const RowKernels* row_kernels() { return nullptr; }
#endif

}  // namespace vits::model
