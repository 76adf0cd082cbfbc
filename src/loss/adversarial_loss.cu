#include <algorithm>

#include "score_lists.h"
#include "vits/model/number_type.h"

namespace vits::loss {

namespace {

constexpr int kThreads = 256;

struct Table {
  Scores lists[kMostScores];  // 40 bytes each: within the 4 KB that a kernel's arguments have always had
  int count;
};

// Both sums in one block, list after list and always in the same order: some ten thousand numbers a step.
template <typename S>
__global__ void __launch_bounds__(kThreads) score_distance_kernel(const __grid_constant__ Table table, S* sums) {
  __shared__ S shared[kThreads];
  S totals[2] = {};
  for (int number = 0; number < table.count; ++number) {
    const Scores& scores = table.lists[number];
    S sum = 0;
    model::with_number_type<S>(scores.dtype, [&]<typename T>() {
      for (int64_t i = threadIdx.x; i < scores.count; i += kThreads) {
        const S missing = static_cast<S>(static_cast<const T*>(scores.data)[i]) - static_cast<S>(scores.target);
        sum += missing * missing;
      }
    });
    __syncthreads();  // the array is free again
    shared[threadIdx.x] = sum;
    for (int half = kThreads / 2; half > 0; half /= 2) {
      __syncthreads();
      if (static_cast<int>(threadIdx.x) < half) shared[threadIdx.x] += shared[threadIdx.x + half];
    }
    if (threadIdx.x == 0) totals[scores.target] += shared[0] / static_cast<S>(scores.count);
  }
  if (threadIdx.x == 0) {
    sums[0] = totals[0];
    sums[1] = totals[1];
  }
}

// A block a list.
template <typename S>
__global__ void __launch_bounds__(kThreads)
    score_distance_backward_kernel(const __grid_constant__ Table table, const S* sum_gradients) {
  const Scores& scores = table.lists[blockIdx.x];
  const S factor = 2 * sum_gradients[scores.target] / static_cast<S>(scores.count);
  model::with_number_type<S>(scores.dtype, [&]<typename T>() {
    for (int64_t i = threadIdx.x; i < scores.count; i += kThreads) {
      const S missing = static_cast<S>(static_cast<const T*>(scores.data)[i]) - static_cast<S>(scores.target);
      static_cast<T*>(scores.gradient)[i] = static_cast<T>(missing * factor);
    }
  });
}

Table table_of(const std::vector<Scores>& lists) {
  Table table{};
  table.count = static_cast<int>(std::min(lists.size(), kMostScores));
  std::copy(lists.begin(), lists.begin() + table.count, table.lists);
  return table;
}

}  // namespace

template <typename S>
cudaError_t score_distance_cuda(const std::vector<Scores>& lists, S* sums, cudaStream_t stream) {
  score_distance_kernel<S><<<1, kThreads, 0, stream>>>(table_of(lists), sums);
  return cudaGetLastError();
}

template <typename S>
cudaError_t score_distance_backward_cuda(const std::vector<Scores>& lists, const S* sum_gradients,
                                         cudaStream_t stream) {
  const Table table = table_of(lists);
  score_distance_backward_kernel<S><<<static_cast<unsigned>(table.count), kThreads, 0, stream>>>(table, sum_gradients);
  return cudaGetLastError();
}

template cudaError_t score_distance_cuda(const std::vector<Scores>&, float*, cudaStream_t);
template cudaError_t score_distance_cuda(const std::vector<Scores>&, double*, cudaStream_t);
template cudaError_t score_distance_backward_cuda(const std::vector<Scores>&, const float*, cudaStream_t);
template cudaError_t score_distance_backward_cuda(const std::vector<Scores>&, const double*, cudaStream_t);

}  // namespace vits::loss
