// What weight_norm.cpp hands to weight_norm_cpu.cpp and weight_norm.cu: the layers of a network as pointers.
#pragma once
#include <c10/core/ScalarType.h>
#include <c10/macros/Macros.h>

#include <cstdint>
#include <vector>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

// A layer's weight: `rows` rows of `columns` numbers, contiguous. T: float or double, the parameters' type.
template <typename T>
struct WeightRows {
  const T* direction = nullptr;
  const T* length = nullptr;  // [rows]; null without weight norm
  T* norm = nullptr;          // [rows] |v|: written forward, read backward; null without weight norm
  void* finished = nullptr;   // forward: the weight; backward: its gradient, which is only read
  c10::ScalarType finished_type = c10::ScalarType::Float;
  T* direction_gradient = nullptr;  // backward
  T* length_gradient = nullptr;     // backward, [rows]; null without weight norm
  int64_t rows = 0, columns = 0;
};

// How the gradient of a row of g v / |v| reaches v and g:
//   dv = dw g / |v| - v g (dw . v) / |v|^3,  dg = (dw . v) / |v|
template <typename T>
struct RowGradient {
  T of_finished, of_direction, length;
};
template <typename T>
C10_HOST_DEVICE RowGradient<T> row_gradient(T length, T norm, T finished_dot_direction) {
  return {length / norm, -length * finished_dot_direction / (norm * norm * norm), finished_dot_direction / norm};
}

template <typename T>
void finish_weights_cpu(const std::vector<WeightRows<T>>& layers);
template <typename T>
void finish_weights_backward_cpu(const std::vector<WeightRows<T>>& layers);

#ifdef VITS_CUDA_KERNELS
// All pointers on the device; they do not wait.
template <typename T>
cudaError_t finish_weights_cuda(const std::vector<WeightRows<T>>& layers, cudaStream_t stream);
template <typename T>
cudaError_t finish_weights_backward_cuda(const std::vector<WeightRows<T>>& layers, cudaStream_t stream);
#endif

}  // namespace vits::model
