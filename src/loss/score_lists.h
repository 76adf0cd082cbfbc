// What adversarial_loss.cpp hands to adversarial_loss_cpu.cpp and adversarial_loss.cu: scores as pointers.
#pragma once
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <vector>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::loss {

// The scores of one discriminator, which should be `target`: 1 for a recording, 0 for generated sound.
struct Scores {
  const void* data = nullptr;  // float, double, half or bfloat16
  void* gradient = nullptr;    // backward
  c10::ScalarType dtype = c10::ScalarType::Float;
  int64_t count = 0;
  int target = 0;
};

// sums [2]: the means of (score - target)^2, added up for target 0 and for target 1. S: float, or double for scores in
// double precision.
template <typename S>
void score_distance_cpu(const std::vector<Scores>& lists, S* sums);
// gradient = 2 (score - target) / count * sum_gradients[target]
template <typename S>
void score_distance_backward_cpu(const std::vector<Scores>& lists, const S* sum_gradients);

inline constexpr size_t kMostScores = 64;  // lists of one call: a launch takes as many

#ifdef VITS_CUDA_KERNELS
// All pointers on the device; they do not wait.
template <typename S>
cudaError_t score_distance_cuda(const std::vector<Scores>& lists, S* sums, cudaStream_t stream);
template <typename S>
cudaError_t score_distance_backward_cuda(const std::vector<Scores>& lists, const S* sum_gradients, cudaStream_t stream);
#endif

}  // namespace vits::loss
