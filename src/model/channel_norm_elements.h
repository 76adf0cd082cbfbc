// What channel_norm.cpp hands to channel_norm_cpu.cpp and channel_norm.cu: contiguous tensors as pointers. T: float or
// double.
#pragma once
#include <cstdint>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

struct NormExtent {
  int64_t clips = 0, channels = 0, tokens = 0;
};

template <typename T>
struct NormForward {
  NormExtent extent;
  T epsilon;
  bool gelu;
  const T* x;       // [B, C, T]
  const T* weight;  // [C]
  const T* bias;    // [C]
  const T* keep;    // [B, C, T] or null
  const T* onto;    // [B, C, T] or null
  const T* mask;    // [B, T] or null
  T* y;             // [B, C, T]
  T* mean;          // [B, T]
  T* scale;         // [B, T] 1 / sqrt(variance + epsilon)
};

// With d the gradient that reaches the norm's result:
//
//   n = (x - mean) scale,  g = d weight
//   dx = scale (g - mean of g - n (mean of g n)),  dweight = sum of d n,  dbias = sum of d
template <typename T>
struct NormBackward {
  NormExtent extent;
  bool gelu;
  const T* x;
  const T* weight;
  const T* bias;
  const T* keep;
  const T* mask;
  const T* mean;
  const T* scale;
  const T* y_gradient;
  T* x_gradient;
  T* onto_gradient;    // null where nothing was added to
  T* weight_gradient;  // [C]
  T* bias_gradient;    // [C]
};

template <class Problem>
void channel_norm_cpu(const Problem& problem);

#ifdef VITS_CUDA_KERNELS
// Device pointers; does not wait.
template <class Problem>
cudaError_t channel_norm_cuda(const Problem& problem, cudaStream_t stream);
#endif

}  // namespace vits::model
