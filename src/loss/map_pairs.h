// What feature_loss.cpp hands to feature_loss_cpu.cpp and feature_loss.cu: pairs of maps as pointers.
#pragma once
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <vector>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::loss {

// Two maps of one type (float, double, half or bfloat16) and equally many numbers.
struct MapPair {
  const void* real = nullptr;
  const void* fake = nullptr;
  void* fake_gradient = nullptr;  // backward
  c10::ScalarType dtype = c10::ScalarType::Float;
  int64_t count = 0;
};

// sum: the means of |real - fake|, added up; S: float, or double for maps in double precision.
template <typename S>
void map_distance_cpu(const std::vector<MapPair>& pairs, S* sum);
// fake_gradient = sign(fake - real) * *sum_gradient / count
template <typename S>
void map_distance_backward_cpu(const std::vector<MapPair>& pairs, const S* sum_gradient);

// Numbers that each block of the first kernel leaves for the second to add up, in an order that does not change.
// Defined with CUDA alone; no template argument hides the call from a compiler without it.
int64_t map_distance_partial_sums(const std::vector<MapPair>& pairs);

#ifdef VITS_CUDA_KERNELS
// All pointers on the device; they do not wait. partial: room for map_distance_partial_sums() numbers.
template <typename S>
cudaError_t map_distance_cuda(const std::vector<MapPair>& pairs, S* partial, S* sum, cudaStream_t stream);
template <typename S>
cudaError_t map_distance_backward_cuda(const std::vector<MapPair>& pairs, const S* sum_gradient, cudaStream_t stream);
#endif

}  // namespace vits::loss
