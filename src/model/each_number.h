// For CUDA files: kernels that do the same at every number of a result.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>

namespace vits::model {

constexpr int kThreadsOfBlock = 256;

// One thread a number, neighbours side by side in memory.
//
//   run  what is done at number i, with its pointers into device memory and sizes, passed by value
template <class Run>
__global__ void __launch_bounds__(kThreadsOfBlock) each_number_kernel(int64_t count, Run run) {
  const int64_t number = static_cast<int64_t>(blockIdx.x) * kThreadsOfBlock + threadIdx.x;
  if (number < count) run(number);
}

// run(i) for all i below count; does not wait.
template <class Run>
cudaError_t for_each_number(int64_t count, const Run& run, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>((count + kThreadsOfBlock - 1) / kThreadsOfBlock);
  each_number_kernel<<<blocks, kThreadsOfBlock, 0, stream>>>(count, run);
  return cudaGetLastError();
}

}  // namespace vits::model
