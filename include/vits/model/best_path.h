// Monotonic alignment search: which token each frame of a recording belongs to, when tokens follow each other in order,
// none is skipped and the sum of the scores is largest. Equal to the loops that the original VITS compiles with Cython,
// ties included.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace vits::model {

// score         [B, T, F] float32, on a CPU or on CUDA; where the search runs
// token_lengths [B] int64, on the host or where score is; 1 to T
// frame_lengths [B] int64, likewise; token_lengths to F
// Returns [B, T, F] float32 on the device of score: 1 where a frame belongs to a token, 0 elsewhere and in the padding.
//
// On CUDA nothing waits for the device. Lengths on the host are checked as by check_alignable(); lengths on the device
// cannot be read without waiting, so their caller checks the host's copy. Throws Error when score is on CUDA and this
// build has no CUDA kernels. A score that is the transpose of a contiguous [B, F, T] is not copied.
at::Tensor best_path(const at::Tensor& score, const at::Tensor& token_lengths, const at::Tensor& frame_lengths);

// Throws Error when an utterance has fewer frames than tokens, for then no path exists. Lengths [B] int64 on the host,
// at most tokens and frames.
void check_alignable(const at::Tensor& token_lengths, const at::Tensor& frame_lengths, int64_t tokens, int64_t frames);

}  // namespace vits::model
