#include <algorithm>

#include "map_pairs.h"
#include "vits/model/number_type.h"

namespace vits::loss {

namespace {

constexpr int kThreads = 256;
constexpr int64_t kNumbersABlock = 16384;
constexpr int kPairsALaunch = 64;  // 40 bytes each: within the 4 KB that a kernel's arguments have always had

struct Table {
  MapPair pairs[kPairsALaunch];
  int first_block[kPairsALaunch + 1];  // of each pair; the last is the number of blocks
};

// The numbers of one pair that a block takes.
struct Part {
  const MapPair* pair;
  int64_t begin, end;
};
__device__ Part part_of(const Table& table) {
  int number = 0;
  while (static_cast<int>(blockIdx.x) >= table.first_block[number + 1]) ++number;
  const MapPair& pair = table.pairs[number];
  const int64_t begin = (static_cast<int64_t>(blockIdx.x) - table.first_block[number]) * kNumbersABlock;
  return {&pair, begin, min(pair.count, begin + kNumbersABlock)};
}

// Sum over the block, in thread 0.
template <typename S>
__device__ S block_sum(S value) {
  __shared__ S sums[kThreads];
  sums[threadIdx.x] = value;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  return threadIdx.x == 0 ? sums[0] : S(0);
}

// Each block's share of the means of |real - fake|. The maps of all discriminators in one launch, read once.
template <typename S>
__global__ void __launch_bounds__(kThreads) distance_kernel(const __grid_constant__ Table table, S* partial) {
  const Part part = part_of(table);
  S sum = 0;
  model::with_number_type<S>(part.pair->dtype, [&]<typename T>() {
    const T* const real = static_cast<const T*>(part.pair->real);
    const T* const fake = static_cast<const T*>(part.pair->fake);
    for (int64_t i = part.begin + threadIdx.x; i < part.end; i += kThreads)
      sum += fabs(static_cast<S>(real[i]) - static_cast<S>(fake[i]));
  });
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum / static_cast<S>(part.pair->count);
}

// Adds the shares up in one block, always in the same order.
template <typename S>
__global__ void __launch_bounds__(kThreads) add_up_kernel(const S* partial, int64_t count, S* sum) {
  S own = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) own += partial[i];
  own = block_sum(own);
  if (threadIdx.x == 0) *sum = own;
}

// fake_gradient = sign(fake - real) * *sum_gradient / count, for all maps in one launch.
template <typename S>
__global__ void __launch_bounds__(kThreads)
    gradient_kernel(const __grid_constant__ Table table, const S* sum_gradient) {
  const Part part = part_of(table);
  const S factor = *sum_gradient / static_cast<S>(part.pair->count);
  model::with_number_type<S>(part.pair->dtype, [&]<typename T>() {
    const T* const real = static_cast<const T*>(part.pair->real);
    const T* const fake = static_cast<const T*>(part.pair->fake);
    T* const to = static_cast<T*>(part.pair->fake_gradient);
    for (int64_t i = part.begin + threadIdx.x; i < part.end; i += kThreads) {
      const S difference = static_cast<S>(fake[i]) - static_cast<S>(real[i]);
      to[i] = static_cast<T>(difference > 0 ? factor : difference < 0 ? -factor : S(0));
    }
  });
}

int64_t blocks_of(const MapPair& pair) { return (pair.count + kNumbersABlock - 1) / kNumbersABlock; }

// Calls launch(table, blocks) for as many tables as the pairs fill.
template <class Launch>
cudaError_t for_each_table(const std::vector<MapPair>& pairs, const Launch& launch) {
  for (size_t begin = 0; begin < pairs.size(); begin += kPairsALaunch) {
    Table table{};
    const size_t count = std::min<size_t>(kPairsALaunch, pairs.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      table.pairs[i] = pairs[begin + i];
      table.first_block[i + 1] = table.first_block[i] + static_cast<int>(blocks_of(pairs[begin + i]));
    }
    launch(table, table.first_block[count]);
    if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

}  // namespace

int64_t map_distance_partial_sums(const std::vector<MapPair>& pairs) {
  int64_t blocks = 0;
  for (const MapPair& pair : pairs) blocks += blocks_of(pair);
  return blocks;
}

template <typename S>
cudaError_t map_distance_cuda(const std::vector<MapPair>& pairs, S* partial, S* sum, cudaStream_t stream) {
  int64_t written = 0;
  const cudaError_t error = for_each_table(pairs, [&](const Table& table, int blocks) {
    distance_kernel<S><<<blocks, kThreads, 0, stream>>>(table, partial + written);
    written += blocks;
  });
  if (error != cudaSuccess) return error;
  add_up_kernel<S><<<1, kThreads, 0, stream>>>(partial, written, sum);
  return cudaGetLastError();
}

template <typename S>
cudaError_t map_distance_backward_cuda(const std::vector<MapPair>& pairs, const S* sum_gradient, cudaStream_t stream) {
  return for_each_table(pairs, [&](const Table& table, int blocks) {
    gradient_kernel<S><<<blocks, kThreads, 0, stream>>>(table, sum_gradient);
  });
}

template cudaError_t map_distance_cuda(const std::vector<MapPair>&, float*, float*, cudaStream_t);
template cudaError_t map_distance_cuda(const std::vector<MapPair>&, double*, double*, cudaStream_t);
template cudaError_t map_distance_backward_cuda(const std::vector<MapPair>&, const float*, cudaStream_t);
template cudaError_t map_distance_backward_cuda(const std::vector<MapPair>&, const double*, cudaStream_t);

}  // namespace vits::loss
