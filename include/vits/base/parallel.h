// Work on several threads of our own. LibTorch's at::parallel_for runs on one thread in a program that is not compiled
// with OpenMP, and hands out equal shares, which a busy processor turns into waiting.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace vits::base {

struct Pass {
  int64_t tasks = 0;
  std::function<void(int64_t task)> run;  // called once for each of 0 ... tasks - 1, in any order and on any thread
};

// Runs the passes one after the other, the tasks of each spread over `threads` threads, the calling one among them. The
// first exception ends the work and is thrown here.
void run_passes(const std::vector<Pass>& passes, int threads);

inline void for_each_task(int64_t tasks, int threads, std::function<void(int64_t task)> run) {
  run_passes({{tasks, std::move(run)}}, threads);
}

// run(begin, end) for each piece of 0 ... count - 1; all have `piece` numbers but the last, which may have fewer.
inline void for_each_piece(int64_t count, int64_t piece, int threads,
                           const std::function<void(int64_t begin, int64_t end)>& run) {
  for_each_task((count + piece - 1) / piece, threads,
                [&](int64_t task) { run(task * piece, std::min(count, (task + 1) * piece)); });
}

}  // namespace vits::base
