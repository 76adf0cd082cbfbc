// What band.cpp hands to band_cpu.cpp and band.cu: contiguous tensors as pointers. T: float, double, half or bfloat16.
#pragma once
#include <c10/macros/Macros.h>

#include <cstdint>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

struct BandExtent {
  int64_t rows = 0, tokens = 0, window = 0;  // N T rows of the square, T, w
  C10_HOST_DEVICE int64_t width() const { return 2 * window + 1; }
};

template <typename T>
struct BandToSquare {
  BandExtent extent;
  const T* band;  // [N, T, 2 w + 1]
  T* square;      // [N, T, T]
  C10_HOST_DEVICE int64_t row_length() const { return extent.tokens; }
  C10_HOST_DEVICE void run(int64_t row, int64_t column) const {
    const int64_t place = column - row % extent.tokens + extent.window;
    square[row * extent.tokens + column] =
        place >= 0 && place < extent.width() ? band[row * extent.width() + place] : static_cast<T>(0.0f);
  }
};

template <typename T>
struct SquareToBand {
  BandExtent extent;
  const T* square;
  T* band;
  C10_HOST_DEVICE int64_t row_length() const { return extent.width(); }
  C10_HOST_DEVICE void run(int64_t row, int64_t place) const {
    const int64_t column = row % extent.tokens + place - extent.window;
    band[row * extent.width() + place] =
        column >= 0 && column < extent.tokens ? square[row * extent.tokens + column] : static_cast<T>(0.0f);
  }
};

template <class Problem>
void band_cpu(const Problem& problem);

#ifdef VITS_CUDA_KERNELS
// Device pointers; does not wait.
template <class Problem>
cudaError_t band_cuda(const Problem& problem, cudaStream_t stream);
#endif

}  // namespace vits::model
