// What spline.cpp hands to spline_cpu.cpp and spline.cu: tensors as pointers with strides, so that views are read where
// they lie. The arithmetic of an element, the same for both, is in spline_piece.h.
#pragma once
#include <cstdint>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

// One number an element [outer, inner]; strides in numbers. Null where there is none.
template <typename T>
struct SplineNumbers {
  T* data = nullptr;
  int64_t outer_stride = 0, inner_stride = 0;
};

// A row of numbers an element [outer, inner, bins]. Null where there is none.
template <typename T>
struct SplineRows {
  T* data = nullptr;
  int64_t outer_stride = 0, inner_stride = 0, bin_stride = 0;
};

template <typename T>
struct SplineRowsOfKnots {
  SplineRows<T> widths, heights;  // rows of bins
  SplineRows<T> slopes;           // rows of bins - 1
};

struct SplineExtent {
  int64_t outer = 0, inner = 0;  // elements
  int64_t bins = 0;
  double bound = 0;  // the box reaches from -bound to bound
};

template <typename T>
struct SplineForward {
  SplineExtent extent;
  SplineNumbers<const T> x;
  SplineRowsOfKnots<const T> knots;
  SplineNumbers<T> y, log_slope;  // written
};

template <typename T>
struct SplineInverse {
  SplineExtent extent;
  SplineNumbers<const T> y;
  SplineRowsOfKnots<const T> knots;
  SplineNumbers<T> x;  // written
};

// d loss / d what is written above, to d loss / d what is read there.
template <typename T>
struct SplineBackward {
  SplineExtent extent;
  SplineNumbers<const T> x;
  SplineRowsOfKnots<const T> knots;
  SplineNumbers<const T> y_gradient, log_slope_gradient;  // null: zero
  SplineNumbers<T> x_gradient;                            // written
  SplineRowsOfKnots<T> knot_gradients;                    // written
};

// All pointers on the host. T is float or double; all arithmetic is in double.
template <typename T>
void spline_cpu(const SplineForward<T>& problem);
template <typename T>
void spline_cpu(const SplineInverse<T>& problem);
template <typename T>
void spline_cpu(const SplineBackward<T>& problem);

#ifdef VITS_CUDA_KERNELS
// All pointers on the device; none waits.
template <typename T>
cudaError_t spline_cuda(const SplineForward<T>& problem, cudaStream_t stream);
template <typename T>
cudaError_t spline_cuda(const SplineInverse<T>& problem, cudaStream_t stream);
template <typename T>
cudaError_t spline_cuda(const SplineBackward<T>& problem, cudaStream_t stream);
#endif

}  // namespace vits::model
