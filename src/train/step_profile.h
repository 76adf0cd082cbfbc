// --profile: tells a report::Profile how long each phase of a step took on the device.
//
// On a card the host runs ahead of the work it asks for, so its clock says nothing of a phase. A mark there is an event
// in the step's own stream, whose time is read once the card has passed it; nothing ever waits for a mark. Without
// begin() every call returns at once.
#pragma once
#include <c10/core/Device.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vits/report/profile.h"

namespace vits::train {

// Moments of a device's work.
class Moments {
 public:
  virtual ~Moments() = default;
  virtual void take() = 0;  // when all that was asked for so far is done
  // Of the moments that have passed since the last call: the seconds from the one before. Of the very first: 0.
  virtual std::vector<double> passed() = 0;
};

std::unique_ptr<Moments> moments_of(c10::Device device);
// By a clock that gives seconds.
std::unique_ptr<Moments> moments_by(std::function<double()> clock);

class StepProfile {
 public:
  void begin(std::unique_ptr<Moments> moments);
  void end();  // no more marks; waits for none
  bool is_on() const { return moments_ != nullptr; }

  void begin_step(int64_t step);  // what was since the last mark is the gap between two steps
  void mark(const char* phase);   // what was since the last mark is of this phase
  // The next batch is there; of the time since the last mark the host stood still for so long. The rest of it is the
  // batch's way to the device.
  void mark_batch(double waited_seconds);
  std::function<void(const char*)> marks();  // mark(), for who does not know of profiles

  // While it lives the time is no training's.
  class Outside {
   public:
    explicit Outside(StepProfile& profile) : profile_(profile) { profile_.mark("gap"); }
    ~Outside() { profile_.mark(report::Profile::kOutside); }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

   private:
    StepProfile& profile_;
  };
  [[nodiscard]] Outside outside() { return Outside(*this); }

  // With every mark that the device has passed.
  report::Profile& figures();

 private:
  struct Mark {
    const char* phase = nullptr;
    bool is_batch = false;
    double waited_seconds = 0.0;  // of it, for a batch
    int64_t begins_step = -1;
  };

  void add(const Mark& mark);

  std::unique_ptr<Moments> moments_;
  std::deque<Mark> marks_;  // that the device may not have passed
  report::Profile figures_;
};

}  // namespace vits::train
