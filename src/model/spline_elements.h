// What spline.cpp hands to spline_cpu.cpp and spline.cu: contiguous tensors as pointers. The arithmetic of an element,
// the same for both, is in spline_piece.h. T is float or double; all arithmetic is in double.
#pragma once
#include <cstdint>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

struct SplineExtent {
  int64_t clips = 0, tokens = 0, bins = 0;
  double bound = 0;       // the box reaches from -bound to bound
  double knot_scale = 0;  // of raw widths and heights
};

template <typename T>
struct SplineForward {
  SplineExtent extent;
  const T* x;          // [B, T]
  const T* raw;        // [B, 3 bins - 1, T]
  const T* mask;       // [B, T]
  T* y;                // [B, T]
  T* log_determinant;  // [B]
};

template <typename T>
struct SplineInverse {
  SplineExtent extent;
  const T* y;     // [B, T]
  const T* raw;   // [B, 3 bins - 1, T]
  const T* mask;  // [B, T]
  T* x;           // [B, T]
};

// d loss / d what is written above, to d loss / d what is read there.
template <typename T>
struct SplineBackward {
  SplineExtent extent;
  const T* x;
  const T* raw;
  const T* mask;
  const T* y_gradient;                // null: zero
  const T* log_determinant_gradient;  // null: zero
  T* x_gradient;
  T* raw_gradient;
};

template <class Problem>
void spline_cpu(const Problem& problem);

#ifdef VITS_CUDA_KERNELS
// Device pointers; does not wait.
template <class Problem>
cudaError_t spline_cuda(const Problem& problem, cudaStream_t stream);
#endif

}  // namespace vits::model
