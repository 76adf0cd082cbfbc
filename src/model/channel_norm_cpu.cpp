#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "channel_norm_elements.h"
#include "processor_clones.h"
#include "smooth_functions.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

constexpr int64_t kTokensATask = 64;  // whose sums over the channels run side by side

// The tokens of one clip that a task takes: offsets of the first in [B, C, T] and [B, T].
struct Strip {
  int64_t in_signal, in_tokens, tokens;
};

template <typename T>
inline __attribute__((always_inline)) void run_strip(const NormForward<T>& of, const Strip& strip, T*) {
  const int64_t channels = of.extent.channels, step = of.extent.tokens;
  const T* const x = of.x + strip.in_signal;
  T* const y = of.y + strip.in_signal;
  T mean[kTokensATask] = {}, scale[kTokensATask] = {};
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < strip.tokens; ++t) mean[t] += x[c * step + t];
  for (int64_t t = 0; t < strip.tokens; ++t) mean[t] /= static_cast<T>(channels);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < strip.tokens; ++t) {
      const T off = x[c * step + t] - mean[t];
      scale[t] += off * off;
    }
  for (int64_t t = 0; t < strip.tokens; ++t) {
    scale[t] = T(1) / std::sqrt(scale[t] / static_cast<T>(channels) + of.epsilon);
    of.mean[strip.in_tokens + t] = mean[t];
    of.scale[strip.in_tokens + t] = scale[t];
  }
  for (int64_t c = 0; c < channels; ++c) {
    const T weight = of.weight[c], bias = of.bias[c];
    const int64_t row = strip.in_signal + c * step;
    T result[kTokensATask];
    for (int64_t t = 0; t < strip.tokens; ++t) result[t] = (x[c * step + t] - mean[t]) * scale[t] * weight + bias;
    if (of.gelu)
      for (int64_t t = 0; t < strip.tokens; ++t) result[t] = smooth_functions::gelu(result[t]);
    if (of.keep)
      for (int64_t t = 0; t < strip.tokens; ++t) result[t] *= of.keep[row + t];
    if (of.onto)
      for (int64_t t = 0; t < strip.tokens; ++t) result[t] += of.onto[row + t];
    if (of.mask)
      for (int64_t t = 0; t < strip.tokens; ++t) result[t] *= of.mask[strip.in_tokens + t];
    std::copy(result, result + strip.tokens, y + c * step);
  }
}

// sums: [2, C] of this strip: dweight, dbias
template <typename T>
inline __attribute__((always_inline)) void run_strip(const NormBackward<T>& of, const Strip& strip, T* sums) {
  const int64_t channels = of.extent.channels, step = of.extent.tokens;
  const T* const x = of.x + strip.in_signal;
  T* const dx = of.x_gradient + strip.in_signal;
  T mean[kTokensATask], scale[kTokensATask], mean_g[kTokensATask] = {}, mean_gn[kTokensATask] = {};
  std::copy(of.mean + strip.in_tokens, of.mean + strip.in_tokens + strip.tokens, mean);
  std::copy(of.scale + strip.in_tokens, of.scale + strip.in_tokens + strip.tokens, scale);
  for (int64_t c = 0; c < channels; ++c) {
    const T weight = of.weight[c], bias = of.bias[c];
    const int64_t row = strip.in_signal + c * step;
    T normal[kTokensATask], gradient[kTokensATask];
    for (int64_t t = 0; t < strip.tokens; ++t) normal[t] = (x[c * step + t] - mean[t]) * scale[t];
    std::copy(of.y_gradient + row, of.y_gradient + row + strip.tokens, gradient);
    if (of.mask)
      for (int64_t t = 0; t < strip.tokens; ++t) gradient[t] *= of.mask[strip.in_tokens + t];
    if (of.onto_gradient) std::copy(gradient, gradient + strip.tokens, of.onto_gradient + row);
    if (of.keep)
      for (int64_t t = 0; t < strip.tokens; ++t) gradient[t] *= of.keep[row + t];
    if (of.gelu)
      for (int64_t t = 0; t < strip.tokens; ++t) gradient[t] *= smooth_functions::gelu_slope(normal[t] * weight + bias);
    std::copy(gradient, gradient + strip.tokens, dx + c * step);  // for the second pass
    T of_weight = 0, of_bias = 0;
    for (int64_t t = 0; t < strip.tokens; ++t) {
      const T product = gradient[t] * normal[t];
      mean_g[t] += gradient[t] * weight;
      mean_gn[t] += product * weight;
      normal[t] = product;
    }
    for (int64_t t = 0; t < strip.tokens; ++t) {
      of_weight += normal[t];
      of_bias += gradient[t];
    }
    sums[c] = of_weight;
    sums[channels + c] = of_bias;
  }
  for (int64_t t = 0; t < strip.tokens; ++t) {
    mean_g[t] /= static_cast<T>(channels);
    mean_gn[t] /= static_cast<T>(channels);
  }
  for (int64_t c = 0; c < channels; ++c) {
    const T weight = of.weight[c];
#pragma GCC ivdep
    for (int64_t t = 0; t < strip.tokens; ++t) {
      const T n = (x[c * step + t] - mean[t]) * scale[t];
      dx[c * step + t] = scale[t] * (dx[c * step + t] * weight - mean_g[t] - n * mean_gn[t]);
    }
  }
}

// Clones for processors cannot be templates.
VITS_FOR_EACH_PROCESSOR void run_float(const NormForward<float>& of, const Strip& strip, float* sums) {
  run_strip(of, strip, sums);
}
VITS_FOR_EACH_PROCESSOR void run_float(const NormBackward<float>& of, const Strip& strip, float* sums) {
  run_strip(of, strip, sums);
}
void run_any(const auto& of, const Strip& strip, float* sums) { run_float(of, strip, sums); }
void run_any(const auto& of, const Strip& strip, double* sums) { run_strip(of, strip, sums); }

template <template <typename> class Problem, typename T>
void norm_all(const Problem<T>& of, std::vector<T>& sums) {
  const auto [clips, channels, tokens] = of.extent;
  const int64_t strips = (tokens + kTokensATask - 1) / kTokensATask, all_channels = channels, all_tokens = tokens;
  sums.resize(static_cast<size_t>(clips * strips * 2 * channels));
  base::for_each_task(clips * strips, at::get_num_threads(), [&](int64_t number) {
    const int64_t clip = number / strips, first = number % strips * kTokensATask;
    run_any(of,
            {clip * all_channels * all_tokens + first, clip * all_tokens + first,
             std::min(kTokensATask, all_tokens - first)},
            sums.data() + number * 2 * all_channels);
  });
}

}  // namespace

template <class Problem>
void channel_norm_cpu(const Problem& problem) {
  using T = std::remove_const_t<std::remove_pointer_t<decltype(problem.x)>>;
  std::vector<T> sums;
  norm_all(problem, sums);
  if constexpr (requires { problem.weight_gradient; }) {
    // In the order of the strips, whichever thread made them.
    const int64_t channels = problem.extent.channels;
    std::fill(problem.weight_gradient, problem.weight_gradient + channels, T(0));
    std::fill(problem.bias_gradient, problem.bias_gradient + channels, T(0));
    for (size_t begin = 0; begin < sums.size(); begin += static_cast<size_t>(2 * channels)) {
      for (int64_t c = 0; c < channels; ++c) {
        problem.weight_gradient[c] += sums[begin + static_cast<size_t>(c)];
        problem.bias_gradient[c] += sums[begin + static_cast<size_t>(channels + c)];
      }
    }
  }
}

template void channel_norm_cpu(const NormForward<float>&);
template void channel_norm_cpu(const NormForward<double>&);
template void channel_norm_cpu(const NormBackward<float>&);
template void channel_norm_cpu(const NormBackward<double>&);

}  // namespace vits::model
