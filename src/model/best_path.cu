#include <algorithm>

#include "best_path_search.h"

namespace vits::model {

namespace {

constexpr int kMostThreads = 1024;
constexpr int kWarp = 32;
constexpr int kAhead =
    8;  // frames whose scores are asked for together, so that the wait for memory is paid once for all

__host__ __device__ int64_t words_for(int64_t tokens) { return (tokens + kWarp - 1) / kWarp; }

// Fills in the ones of every best path; one block an utterance, as many threads as tokens (at most 1024, then each
// takes every 1024th token; only its first has its scores fetched ahead).
//
// Frame f needs frame f-1, the tokens of a frame are independent: the block walks the frames once forwards, keeping two
// rows of best sums and a bit a cell, "came from the token before"; then thread 0 follows the bits backwards.
//   score          [B, F, T] float32, contiguous, so neighbouring threads read neighbouring tokens
//   token_lengths, frame_lengths  [B] int64
//   path           [B, T, F] float32, zero on entry
//   rows           [B, 2, T] float32 in global memory, or null: then in shared memory
//   moves          [B, F, ceil(T / 32)] words in global memory, or null: then in shared memory, behind the rows
// Reads 4 bytes a cell and writes one bit. Equals best_path_cpu() cell for cell: tests/model/best_path_test.cpp.
__global__ void __launch_bounds__(kMostThreads) best_path_kernel(PathProblem problem, float* rows, uint32_t* moves) {
  extern __shared__ float shared[];
  const int64_t row = blockIdx.x, tokens = problem.token_lengths[row], frames = problem.frame_lengths[row];
  const int64_t words = words_for(problem.tokens);
  const float* score = problem.score + row * problem.frames * problem.tokens;
  float* path = problem.path + row * problem.tokens * problem.frames;
  float* from = rows ? rows + row * 2 * problem.tokens : shared;
  float* to = from + problem.tokens;
  uint32_t* moved = moves ? moves + row * problem.frames * words
                          : reinterpret_cast<uint32_t*>(rows ? shared : shared + 2 * problem.tokens);

  for (int64_t token = threadIdx.x; token < problem.tokens; token += blockDim.x) from[token] = kUnreached;
  __syncthreads();

  for (int64_t first = 0; first < frames; first += kAhead) {
    float ahead[kAhead];
#pragma unroll
    for (int k = 0; k < kAhead; ++k)
      ahead[k] = first + k < frames && threadIdx.x < tokens ? score[(first + k) * problem.tokens + threadIdx.x] : 0.0f;
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      const int64_t frame = first + k;
      if (frame >= frames) break;  // the same in all threads
      // The blocks of 32 tokens that begin below `tokens`: a warp takes part as a whole, as __ballot_sync wants it.
      for (int64_t token = threadIdx.x; token - threadIdx.x % kWarp < tokens; token += blockDim.x) {
        const bool reached = token < tokens && token <= frame;
        const float stay = reached ? from[token] : kUnreached;
        const float enter = token > 0 && reached ? from[token - 1] : (frame == 0 ? 0.0f : kUnreached);
        const uint32_t word = __ballot_sync(0xffffffffu, stay < enter);
        if (threadIdx.x % kWarp == 0) moved[frame * words + token / kWarp] = word;
        if (token < tokens) {
          const float here = token == threadIdx.x ? ahead[k] : score[frame * problem.tokens + token];
          to[token] = reached ? here + fmaxf(stay, enter) : kUnreached;
        }
      }
      __syncthreads();
      float* const next = from;
      from = to;
      to = next;
    }
  }

  if (threadIdx.x != 0) return;
  int64_t token = tokens - 1;
  for (int64_t frame = frames - 1; frame >= 0; --frame) {
    path[token * problem.frames + frame] = 1.0f;
    const bool entered = moved[frame * words + token / kWarp] >> (token % kWarp) & 1u;
    if (token != 0 && (token == frame || entered)) --token;
  }
}

}  // namespace

PathScratch plan_scratch(const PathProblem& problem, int64_t shared_bytes_available) {
  const int64_t rows = 2 * problem.tokens * static_cast<int64_t>(sizeof(float));
  const int64_t moves = problem.frames * words_for(problem.tokens) * static_cast<int64_t>(sizeof(uint32_t));
  PathScratch scratch;
  if (rows <= shared_bytes_available) {
    scratch.shared_bytes = rows;
  } else {
    scratch.rows_bytes = rows * problem.utterances;
  }
  if (scratch.shared_bytes + moves <= shared_bytes_available) {
    scratch.shared_bytes += moves;
  } else {
    scratch.moves_bytes = moves * problem.utterances;
  }
  return scratch;
}

cudaError_t best_path_cuda(const PathProblem& problem, const PathScratch& scratch, int64_t shared_bytes_available,
                           float* rows, uint32_t* moves, cudaStream_t stream) {
  if (problem.utterances == 0) return cudaSuccess;
  const cudaError_t granted = cudaFuncSetAttribute(best_path_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                   static_cast<int>(shared_bytes_available));
  if (granted != cudaSuccess) return granted;
  const auto threads = static_cast<unsigned>(std::min<int64_t>(kMostThreads, words_for(problem.tokens) * kWarp));
  best_path_kernel<<<static_cast<unsigned>(problem.utterances), threads, scratch.shared_bytes, stream>>>(
      problem, scratch.rows_bytes > 0 ? rows : nullptr, scratch.moves_bytes > 0 ? moves : nullptr);
  return cudaGetLastError();
}

}  // namespace vits::model
