#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "best_path_search.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {

constexpr int64_t kTokensAtOnce = 16;  // tokens that the compiler turns into vector instructions at once

// to[t] = score[t] + max(from[t], from[t-1]) for kTokensAtOnce tokens
inline void advance(const float* __restrict from, const float* __restrict score, float* __restrict to) {
  for (int64_t lane = 0; lane < kTokensAtOnce; ++lane) to[lane] = score[lane] + std::max(from[lane], from[lane - 1]);
}

// Room for the best sums of one utterance: a row a frame, each with a guard on the left and room for a last partial
// block.
class ScoreRows {
 public:
  ScoreRows(int64_t tokens, int64_t frames)
      : width_(tokens + kTokensAtOnce + 2), cells_(static_cast<size_t>(width_ * (frames + 1))) {}
  float* before_first() { return of_frame(-1); }
  float* of_frame(int64_t frame) { return cells_.data() + (frame + 1) * width_ + 1; }

 private:
  int64_t width_;
  std::vector<float> cells_;
};

void search(const float* score, int64_t stride, int64_t tokens, int64_t frames, int64_t padded_frames, ScoreRows& rows,
            float* path) {
  // Before the first frame nothing is reached, but token 0 may be entered.
  std::fill_n(rows.before_first(), tokens, kUnreached);
  rows.before_first()[-1] = 0.0f;
  for (int64_t frame = 0; frame < frames; ++frame) {
    const float* from = rows.of_frame(frame - 1);
    float* to = rows.of_frame(frame);
    const float* here = score + frame * stride;
    // Only tokens from which the last one is still reachable, and that can be reached at all.
    int64_t token = std::max<int64_t>(0, tokens + frame - frames);
    const int64_t end = std::min(tokens, frame + 1);
    for (; token + kTokensAtOnce <= end; token += kTokensAtOnce) advance(from + token, here + token, to + token);
    for (; token < end; ++token) to[token] = here[token] + std::max(from[token], from[token - 1]);
    to[-1] = kUnreached;
    to[end] = kUnreached;  // the next frame enters this token along the diagonal alone
  }

  int64_t token = tokens - 1;
  for (int64_t frame = frames - 1; frame >= 0; --frame) {
    path[token * padded_frames + frame] = 1.0f;
    const float* from = rows.of_frame(frame - 1);
    if (token != 0 && (token == frame || from[token] < from[token - 1])) --token;
  }
}

}  // namespace

void best_path_cpu(const PathProblem& problem) {
  const int64_t workers = std::min<int64_t>(at::get_num_threads(), problem.utterances);
  base::for_each_task(workers, static_cast<int>(workers), [&](int64_t worker) {
    ScoreRows rows(problem.tokens, problem.frames);
    for (int64_t row = worker; row < problem.utterances; row += workers) {
      const int64_t cells = problem.tokens * problem.frames;
      search(problem.score + row * cells, problem.tokens, problem.token_lengths[row], problem.frame_lengths[row],
             problem.frames, rows, problem.path + row * cells);
    }
  });
}

}  // namespace vits::model
