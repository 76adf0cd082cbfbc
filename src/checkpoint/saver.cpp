#include "vits/checkpoint/saver.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace vits::checkpoint {

namespace {

constexpr size_t kMostWaiting = 2;

struct Task {
  std::string what;
  std::function<void()> write;
};

std::string failure(const std::string& what, std::string_view why) {
  const bool ends = why.ends_with('.') || why.ends_with('!') || why.ends_with('?');
  return fmt::format("{} could not be written: {}{} The ones before stay valid; training goes on.", what, why,
                     ends ? "" : ".");
}

// What went wrong; empty when nothing did.
std::string failure_of(const Task& task) {
  try {
    task.write();
    return {};
  } catch (const std::bad_alloc&) {
    return failure(task.what, "there is not enough memory");
  } catch (const std::exception& error) {
    return failure(task.what, error.what());
  } catch (...) {
    return failure(task.what, "the reason is not known");
  }
}

}  // namespace

struct Saver::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Task> waiting;
  bool busy = false, ending = false;
  std::vector<std::string> failures;
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return ending || !waiting.empty(); });
      if (waiting.empty()) return;
      std::string why;
      {
        const Task task = std::move(waiting.front());
        waiting.pop_front();
        busy = true;
        changed.notify_all();
        lock.unlock();
        why = failure_of(task);
      }  // what the task holds is given back before it counts as done
      lock.lock();
      if (!why.empty()) failures.push_back(std::move(why));
      busy = false;
      changed.notify_all();
    }
  }
};

Saver::Saver() : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Saver::~Saver() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

void Saver::submit(std::string what, std::function<void()> write) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->waiting.size() < kMostWaiting; });
  state_->waiting.push_back({std::move(what), std::move(write)});
  state_->changed.notify_all();
}

void Saver::wait() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->waiting.empty() && !state_->busy; });
}

std::vector<std::string> Saver::take_failures() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->failures, {});
}

}  // namespace vits::checkpoint
