#include <algorithm>

#include "vits/model/number_type.h"
#include "weight_rows.h"

namespace vits::model {

namespace {

constexpr int kThreads = 256;
constexpr int kLayersALaunch = 32;  // 72 bytes each: within the 4 KB that a kernel's arguments have always had

template <typename T>
struct Table {
  WeightRows<T> layers[kLayersALaunch];
  int64_t first_row[kLayersALaunch + 1];  // of each layer; the last is the number of rows
  int count;
};

// Sum over the block; every thread gets it.
template <typename T>
__device__ T block_sum(T value) {
  __shared__ T sums[kThreads / 32];
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffu, value, distance);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = value;
  __syncthreads();
  T total = 0;
  for (int warp = 0; warp < kThreads / 32; ++warp) total += sums[warp];
  return total;
}

template <typename T, typename Finished>
__device__ void finish_row(const WeightRows<T>& layer, int64_t row) {
  const T* const direction = layer.direction + row * layer.columns;
  Finished* const finished = static_cast<Finished*>(layer.finished) + row * layer.columns;
  T factor = 1;
  if (layer.length) {
    T sum = 0;
    for (int64_t i = threadIdx.x; i < layer.columns; i += kThreads) sum += direction[i] * direction[i];
    const T norm = sqrt(block_sum(sum));
    if (threadIdx.x == 0) layer.norm[row] = norm;
    factor = layer.length[row] / norm;
  }
  for (int64_t i = threadIdx.x; i < layer.columns; i += kThreads)
    finished[i] = static_cast<Finished>(direction[i] * factor);
}

template <typename T, typename Finished>
__device__ void row_backward(const WeightRows<T>& layer, int64_t row) {
  const T* const direction = layer.direction + row * layer.columns;
  const Finished* const finished = static_cast<const Finished*>(layer.finished) + row * layer.columns;
  T* const gradient = layer.direction_gradient + row * layer.columns;
  if (!layer.length) {
    for (int64_t i = threadIdx.x; i < layer.columns; i += kThreads) gradient[i] = static_cast<T>(finished[i]);
    return;
  }
  T sum = 0;
  for (int64_t i = threadIdx.x; i < layer.columns; i += kThreads) sum += static_cast<T>(finished[i]) * direction[i];
  const auto by = row_gradient(layer.length[row], layer.norm[row], block_sum(sum));
  if (threadIdx.x == 0) layer.length_gradient[row] = by.length;
  for (int64_t i = threadIdx.x; i < layer.columns; i += kThreads)
    gradient[i] = static_cast<T>(finished[i]) * by.of_finished + direction[i] * by.of_direction;
}

// A block a row of any layer of the table; its threads walk the row's columns side by side.
//
//   table  which layers, passed by value: nothing is copied to the device beforehand
//
// Bound by memory: forward reads a direction twice (the second time from the cache) and writes a weight; 83 million
// numbers a step at MMS size.
// Equals finish_weights_cpu() within rounding, the sums being in another order: tests/model/weight_norm_test.cpp.
template <typename T, bool kBackward>
__global__ void __launch_bounds__(kThreads) weight_rows_kernel(const __grid_constant__ Table<T> table) {
  int number = 0;
  const int64_t row_of_all = blockIdx.x;
  while (row_of_all >= table.first_row[number + 1]) ++number;
  const WeightRows<T>& layer = table.layers[number];
  const int64_t row = row_of_all - table.first_row[number];
  with_number_type<T>(layer.finished_type, [&]<typename Finished>() {
    if constexpr (kBackward)
      row_backward<T, Finished>(layer, row);
    else
      finish_row<T, Finished>(layer, row);
  });
}

template <typename T, bool kBackward>
cudaError_t launch(const std::vector<WeightRows<T>>& layers, cudaStream_t stream) {
  for (size_t begin = 0; begin < layers.size(); begin += kLayersALaunch) {
    Table<T> table{};
    table.count = static_cast<int>(std::min<size_t>(kLayersALaunch, layers.size() - begin));
    for (int i = 0; i < table.count; ++i) {
      table.layers[i] = layers[begin + static_cast<size_t>(i)];
      table.first_row[i + 1] = table.first_row[i] + table.layers[i].rows;
    }
    weight_rows_kernel<T, kBackward>
        <<<static_cast<unsigned>(table.first_row[table.count]), kThreads, 0, stream>>>(table);
    if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

}  // namespace

template <typename T>
cudaError_t finish_weights_cuda(const std::vector<WeightRows<T>>& layers, cudaStream_t stream) {
  return launch<T, false>(layers, stream);
}

template <typename T>
cudaError_t finish_weights_backward_cuda(const std::vector<WeightRows<T>>& layers, cudaStream_t stream) {
  return launch<T, true>(layers, stream);
}

template cudaError_t finish_weights_cuda(const std::vector<WeightRows<float>>&, cudaStream_t);
template cudaError_t finish_weights_cuda(const std::vector<WeightRows<double>>&, cudaStream_t);
template cudaError_t finish_weights_backward_cuda(const std::vector<WeightRows<float>>&, cudaStream_t);
template cudaError_t finish_weights_backward_cuda(const std::vector<WeightRows<double>>&, cudaStream_t);

}  // namespace vits::model
