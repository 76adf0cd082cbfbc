#include "vits/model/best_path.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "best_path_search.h"
#include "vits/base/error.h"
#include "vits/base/shape.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#endif

namespace vits::model {

namespace {

#ifdef VITS_CUDA_KERNELS
void search_on_cuda(const PathProblem& problem, const at::TensorOptions& options) {
  const auto shared = static_cast<int64_t>(at::cuda::getCurrentDeviceProperties()->sharedMemPerBlockOptin);
  const auto scratch = plan_scratch(problem, shared);
  const auto rows = at::empty({scratch.rows_bytes}, options.dtype(at::kByte));
  const auto moves = at::empty({scratch.moves_bytes}, options.dtype(at::kByte));
  C10_CUDA_CHECK(best_path_cuda(problem, scratch, shared, static_cast<float*>(rows.data_ptr()),
                                static_cast<uint32_t*>(moves.data_ptr()), at::cuda::getCurrentCUDAStream()));
}
#endif

}  // namespace

void check_alignable(const at::Tensor& token_lengths, const at::Tensor& frame_lengths, int64_t tokens, int64_t frames) {
  base::check_shape(token_lengths, "B", "token lengths");
  base::check_shape(frame_lengths, "B", "frame lengths");
  TORCH_CHECK(token_lengths.scalar_type() == at::kLong && frame_lengths.scalar_type() == at::kLong
                  && token_lengths.is_cpu() && frame_lengths.is_cpu() && token_lengths.size(0) == frame_lengths.size(0),
              "lengths must be int64 on the host, one for each utterance; this is a bug in vits-train");
  const auto token_count = token_lengths.accessor<int64_t, 1>(), frame_count = frame_lengths.accessor<int64_t, 1>();
  for (int64_t row = 0; row < token_count.size(0); ++row) {
    TORCH_CHECK(token_count[row] >= 1 && token_count[row] <= tokens && frame_count[row] <= frames, "utterance ", row,
                " has ", token_count[row], " tokens and ", frame_count[row], " frames in a score of ", tokens, " by ",
                frames, "; this is a bug in vits-train");
    if (frame_count[row] < token_count[row])
      throw Error(
          "Utterance {} of the batch has {} frames for {} tokens: a token needs a frame, so the text cannot be "
          "aligned. "
          "Its text is longer than what is said in the recording; correct the text or leave the clip out.",
          row, frame_count[row], token_count[row]);
  }
}

at::Tensor best_path(const at::Tensor& score, const at::Tensor& token_lengths, const at::Tensor& frame_lengths) {
  base::check_shape(score, "B T F", "score of the alignment search");
  TORCH_CHECK(score.scalar_type() == at::kFloat, "the alignment search takes float32, not ", score.scalar_type(),
              "; this is a bug in vits-train");
  TORCH_CHECK(score.size(0) == token_lengths.numel() && score.size(0) == frame_lengths.numel(),
              "one length for each utterance is needed; this is a bug in vits-train");
  if (token_lengths.is_cpu()) check_alignable(token_lengths, frame_lengths, score.size(1), score.size(2));
#ifndef VITS_CUDA_KERNELS
  if (!score.is_cpu())
    throw Error(
        "This build of vits-train has no CUDA kernels, but the alignment search was asked to run on {}. Build it where "
        "nvcc is found, or run with --device cpu.",
        score.device().str());
#endif
  const at::NoGradGuard no_grad;
  const auto by_frame = score.detach().transpose(1, 2).contiguous();  // [B, F, T]
  auto path = at::zeros({score.size(0), score.size(1), score.size(2)}, score.options().requires_grad(false));
  const auto tokens_there = token_lengths.to(score.device(), /*non_blocking=*/true).contiguous();
  const auto frames_there = frame_lengths.to(score.device(), /*non_blocking=*/true).contiguous();
  const PathProblem problem{by_frame.const_data_ptr<float>(),
                            tokens_there.const_data_ptr<int64_t>(),
                            frames_there.const_data_ptr<int64_t>(),
                            path.mutable_data_ptr<float>(),
                            score.size(0),
                            score.size(1),
                            score.size(2)};
  if (score.is_cpu()) {
    best_path_cpu(problem);
    return path;
  }
#ifdef VITS_CUDA_KERNELS
  const c10::cuda::CUDAGuard guard(score.device());
  search_on_cuda(problem, score.options());
#endif
  return path;
}

}  // namespace vits::model
