#include "vits/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace vits::base {

void run_passes(const std::vector<Pass>& passes, int threads) {
  int64_t most_tasks = 0;
  for (const Pass& pass : passes) most_tasks = std::max(most_tasks, pass.tasks);
  const auto workers = static_cast<int>(std::clamp<int64_t>(threads, 1, std::max<int64_t>(most_tasks, 1)));

  std::vector<std::atomic<int64_t>> next(passes.size());
  std::barrier pass_done(workers);
  std::atomic<bool> failed = false;
  std::exception_ptr failure;
  std::mutex failure_mutex;

  const auto work = [&] {
    for (size_t number = 0; number < passes.size(); ++number) {
      const Pass& pass = passes[number];
      try {
        for (int64_t task = next[number]++; task < pass.tasks && !failed; task = next[number]++) pass.run(task);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failed.exchange(true)) failure = std::current_exception();
      }
      pass_done.arrive_and_wait();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < workers; ++i) others.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace vits::base
