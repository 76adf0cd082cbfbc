#include "channel_norm_elements.h"
#include "smooth_functions.h"

namespace vits::model {

namespace {

constexpr int kTokens = 32;       // of a block: neighbours in memory, a warp reads them at once
constexpr int kChannelLanes = 8;  // threads that share a token's channels
constexpr int kSumThreads = 256;

// The sum over the channel lanes of a token; every lane gets it.
template <typename T>
__device__ T over_lanes(T value, T (&shared)[kChannelLanes][kTokens]) {
  __syncthreads();  // the array is free again
  shared[threadIdx.y][threadIdx.x] = value;
  __syncthreads();
  T sum = 0;
  for (int lane = 0; lane < kChannelLanes; ++lane) sum += shared[lane][threadIdx.x];
  return sum;
}

// The norm's result at one place, and what becomes of it. `token` counts through the clips.
template <typename T>
__device__ T stepped(const NormForward<T>& of, T result, int64_t place, int64_t token) {
  if (of.gelu) result = smooth_functions::gelu(result);
  if (of.keep) result *= of.keep[place];
  if (of.onto) result += of.onto[place];
  return of.mask ? result * of.mask[token] : result;
}

// The gradient that reaches what was added to; times keep and GELU's slope, the one that reaches the norm's result.
template <typename T>
__device__ T masked_gradient(const NormBackward<T>& of, int64_t place, int64_t token) {
  return of.mask ? of.y_gradient[place] * of.mask[token] : of.y_gradient[place];
}
template <typename T>
__device__ T result_gradient(const NormBackward<T>& of, T n, int64_t channel, int64_t place, int64_t token) {
  T gradient = masked_gradient(of, place, token);
  if (of.keep) gradient *= of.keep[place];
  return of.gelu ? gradient * smooth_functions::gelu_slope(n * of.weight[channel] + of.bias[channel]) : gradient;
}

// Layer norm over the channels of [B, C, T]: a block for 32 tokens of a clip, each token's channels over 8 threads.
// x is read three times, from the caches after the first: a block's piece is 192 channels by 128 bytes.
// Equals channel_norm_cpu() within rounding: tests/model/channel_norm_test.cpp.
template <typename T>
__global__ void __launch_bounds__(kTokens* kChannelLanes) norm_kernel(NormForward<T> of) {
  __shared__ T shared[kChannelLanes][kTokens];
  const int64_t token = static_cast<int64_t>(blockIdx.x) * kTokens + threadIdx.x, tokens = of.extent.tokens;
  const int64_t channels = of.extent.channels, first = blockIdx.y * channels * tokens + token;
  const bool inside = token < tokens;
  T sum = 0;
  for (int64_t c = threadIdx.y; inside && c < channels; c += kChannelLanes) sum += of.x[first + c * tokens];
  const T mean = over_lanes(sum, shared) / static_cast<T>(channels);
  sum = 0;
  for (int64_t c = threadIdx.y; inside && c < channels; c += kChannelLanes) {
    const T off = of.x[first + c * tokens] - mean;
    sum += off * off;
  }
  const T scale = T(1) / sqrt(over_lanes(sum, shared) / static_cast<T>(channels) + of.epsilon);
  if (!inside) return;
  if (threadIdx.y == 0) {
    of.mean[blockIdx.y * tokens + token] = mean;
    of.scale[blockIdx.y * tokens + token] = scale;
  }
  for (int64_t c = threadIdx.y; c < channels; c += kChannelLanes)
    of.y[first + c * tokens] = stepped(of, (of.x[first + c * tokens] - mean) * scale * of.weight[c] + of.bias[c],
                                       first + c * tokens, blockIdx.y * tokens + token);
}

// The gradient with respect to x; blocks as above.
template <typename T>
__global__ void __launch_bounds__(kTokens* kChannelLanes) norm_backward_kernel(NormBackward<T> of) {
  __shared__ T shared[kChannelLanes][kTokens];
  const int64_t token = static_cast<int64_t>(blockIdx.x) * kTokens + threadIdx.x, tokens = of.extent.tokens;
  const int64_t channels = of.extent.channels, first = blockIdx.y * channels * tokens + token;
  const bool inside = token < tokens;
  const T mean = inside ? of.mean[blockIdx.y * tokens + token] : T(0);
  const T scale = inside ? of.scale[blockIdx.y * tokens + token] : T(0);
  T sum_g = 0, sum_gn = 0;
  for (int64_t c = threadIdx.y; inside && c < channels; c += kChannelLanes) {
    const int64_t place = first + c * tokens, number = blockIdx.y * tokens + token;
    const T n = (of.x[place] - mean) * scale, gradient = result_gradient(of, n, c, place, number);
    if (of.onto_gradient) of.onto_gradient[place] = masked_gradient(of, place, number);
    of.x_gradient[place] = gradient;  // for the second pass, of this thread
    sum_g += gradient * of.weight[c];
    sum_gn += gradient * of.weight[c] * n;
  }
  const T mean_g = over_lanes(sum_g, shared) / static_cast<T>(channels);
  const T mean_gn = over_lanes(sum_gn, shared) / static_cast<T>(channels);
  for (int64_t c = threadIdx.y; inside && c < channels; c += kChannelLanes) {
    const T n = (of.x[first + c * tokens] - mean) * scale;
    of.x_gradient[first + c * tokens] =
        scale * (of.x_gradient[first + c * tokens] * of.weight[c] - mean_g - n * mean_gn);
  }
}

// The gradients with respect to weight and bias: a block a channel, its threads along the tokens of all clips.
template <typename T>
__global__ void __launch_bounds__(kSumThreads) norm_sums_kernel(NormBackward<T> of) {
  __shared__ T weight_sums[kSumThreads], bias_sums[kSumThreads];
  const int64_t tokens = of.extent.tokens, channel = blockIdx.x;
  T of_weight = 0, of_bias = 0;
  for (int64_t i = threadIdx.x; i < of.extent.clips * tokens; i += kSumThreads) {
    const int64_t clip = i / tokens, token = i % tokens, place = (clip * of.extent.channels + channel) * tokens + token;
    const T n = (of.x[place] - of.mean[i]) * of.scale[i], gradient = result_gradient(of, n, channel, place, i);
    of_weight += gradient * n;
    of_bias += gradient;
  }
  weight_sums[threadIdx.x] = of_weight;
  bias_sums[threadIdx.x] = of_bias;
  for (int half = kSumThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) >= half) continue;
    weight_sums[threadIdx.x] += weight_sums[threadIdx.x + half];
    bias_sums[threadIdx.x] += bias_sums[threadIdx.x + half];
  }
  if (threadIdx.x > 0) return;
  of.weight_gradient[channel] = weight_sums[0];
  of.bias_gradient[channel] = bias_sums[0];
}

dim3 strips(const NormExtent& extent) {
  return {static_cast<unsigned>((extent.tokens + kTokens - 1) / kTokens), static_cast<unsigned>(extent.clips)};
}

template <typename T>
cudaError_t launch(const NormForward<T>& of, cudaStream_t stream) {
  norm_kernel<<<strips(of.extent), dim3(kTokens, kChannelLanes), 0, stream>>>(of);
  return cudaGetLastError();
}

template <typename T>
cudaError_t launch(const NormBackward<T>& of, cudaStream_t stream) {
  norm_backward_kernel<<<strips(of.extent), dim3(kTokens, kChannelLanes), 0, stream>>>(of);
  if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) return error;
  norm_sums_kernel<<<static_cast<unsigned>(of.extent.channels), kSumThreads, 0, stream>>>(of);
  return cudaGetLastError();
}

}  // namespace

template <class Problem>
cudaError_t channel_norm_cuda(const Problem& problem, cudaStream_t stream) {
  if (problem.extent.clips * problem.extent.tokens == 0) return cudaSuccess;
  return launch(problem, stream);
}

template cudaError_t channel_norm_cuda(const NormForward<float>&, cudaStream_t);
template cudaError_t channel_norm_cuda(const NormForward<double>&, cudaStream_t);
template cudaError_t channel_norm_cuda(const NormBackward<float>&, cudaStream_t);
template cudaError_t channel_norm_cuda(const NormBackward<double>&, cudaStream_t);

}  // namespace vits::model
