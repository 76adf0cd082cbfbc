#include "step_profile.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace vits::train {

namespace {

class ClockMoments final : public Moments {
 public:
  explicit ClockMoments(std::function<double()> clock) : clock_(std::move(clock)) {}

  void take() override {
    const double now = clock_();
    seconds_.push_back(last_ ? now - *last_ : 0.0);
    last_ = now;
  }

  std::vector<double> passed() override { return std::exchange(seconds_, {}); }

 private:
  std::function<double()> clock_;
  std::optional<double> last_;
  std::vector<double> seconds_;
};

class StreamMoments final : public Moments {
 public:
  explicit StreamMoments(c10::Device device) : device_(device), card_(device.type()) {}

  void take() override {
    if (free_.empty()) free_.emplace_back(device_.type(), c10::EventFlag::BACKEND_DEFAULT);  // one that keeps the time
    free_.back().record(card_.getStream(device_));
    asked_for_.push_back(std::move(free_.back()));
    free_.pop_back();
  }

  std::vector<double> passed() override {
    std::vector<double> seconds;
    while (!asked_for_.empty() && asked_for_.front().query()) {
      // From one to the next: a card gives the time between two far apart in too few digits.
      seconds.push_back(last_ ? last_->elapsedTime(asked_for_.front()) / 1000 : 0.0);
      if (last_) free_.push_back(std::move(*last_));
      last_ = std::move(asked_for_.front());
      asked_for_.pop_front();
    }
    return seconds;
  }

 private:
  c10::Device device_;
  c10::impl::VirtualGuardImpl card_;
  std::deque<c10::Event> asked_for_;
  std::vector<c10::Event> free_;
  std::optional<c10::Event> last_;
};

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::unique_ptr<Moments> moments_of(c10::Device device) {
  if (device.is_cpu()) return moments_by(steady_seconds);
  return std::make_unique<StreamMoments>(device.has_index() ? device
                                                            : c10::impl::VirtualGuardImpl(device.type()).getDevice());
}

std::unique_ptr<Moments> moments_by(std::function<double()> clock) {
  return std::make_unique<ClockMoments>(std::move(clock));
}

void StepProfile::begin(std::unique_ptr<Moments> moments) {
  moments_ = std::move(moments);
  mark("gap");
}

void StepProfile::end() {
  figures().end_step();
  moments_.reset();
}

void StepProfile::add(const Mark& mark) {
  if (!moments_) return;
  moments_->take();
  marks_.push_back(mark);
}

void StepProfile::begin_step(int64_t step) { add({.phase = "gap", .begins_step = step}); }

void StepProfile::mark(const char* phase) { add({.phase = phase}); }

void StepProfile::mark_batch(double waited_seconds) {
  add({.phase = "transfer", .is_batch = true, .waited_seconds = waited_seconds});
}

std::function<void(const char*)> StepProfile::marks() {
  if (!moments_) return [](const char*) {};
  return [this](const char* phase) { mark(phase); };
}

report::Profile& StepProfile::figures() {
  if (!moments_) return figures_;
  for (const double seconds : moments_->passed()) {
    const Mark mark = marks_.front();
    marks_.pop_front();
    // A card that was still at work while the host stood waited less than the host did.
    const double waited = std::clamp(mark.waited_seconds, 0.0, seconds);
    if (mark.is_batch) figures_.add(report::Profile::kDataWait, waited);
    if (mark.begins_step >= 0) figures_.end_step();
    figures_.add(mark.phase, seconds - waited);
    if (mark.begins_step >= 0) figures_.begin_step(mark.begins_step);
  }
  return figures_;
}

}  // namespace vits::train
