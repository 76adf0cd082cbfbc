// The two searches behind best_path(), with one contract: score [B, F, T] float32, contiguous, so that the tokens of a
// frame are neighbours; path [B, T, F] float32, contiguous and zero, receives the ones.
//
//   best[f][t] = score[f][t] + max(best[f-1][t], best[f-1][t-1])       cells that no path reaches count as kUnreached
//
// Read backwards from the last token: a frame leaves its token when the cell below was strictly better, so ties stay.
#pragma once
#include <cstdint>

#ifdef VITS_CUDA_KERNELS
#include <cuda_runtime_api.h>
#endif

namespace vits::model {

inline constexpr float kUnreached = -1e9f;  // the published definition's, which real scores do not come near

struct PathProblem {
  const float* score = nullptr;
  const int64_t* token_lengths = nullptr;
  const int64_t* frame_lengths = nullptr;
  float* path = nullptr;
  int64_t utterances = 0, tokens = 0, frames = 0;  // B, T, F with padding
};

// All pointers on the host; utterances are spread over ATen's threads.
void best_path_cpu(const PathProblem& problem);

#ifdef VITS_CUDA_KERNELS
// Bytes of device memory that the search of `problem` needs beside it, given how much shared memory a block can have.
struct PathScratch {
  int64_t rows_bytes = 0, moves_bytes = 0;  // in global memory; 0 where shared memory holds them
  int64_t shared_bytes = 0;
};
PathScratch plan_scratch(const PathProblem& problem, int64_t shared_bytes_available);

// All pointers on the device; does not wait. rows and moves point to what plan_scratch asked for, or are null.
// shared_bytes_available as plan_scratch was told, the same at every call: it becomes the kernel's limit, which a card
// keeps for all launches, recorded ones too.
cudaError_t best_path_cuda(const PathProblem& problem, const PathScratch& scratch, int64_t shared_bytes_available,
                           float* rows, uint32_t* moves, cudaStream_t stream);
#endif

}  // namespace vits::model
