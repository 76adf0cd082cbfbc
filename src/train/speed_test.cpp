#include "speed_test.h"

#include <algorithm>
#include <chrono>

#include "vits/base/stop_signal.h"
#include "vits/report/progress.h"
#include "vits/train/step_batch.h"

namespace vits::train {

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

constexpr int64_t kSeed = 1;
constexpr Rates kRates{1e-6, 1e-6};

}  // namespace

Speed measure_speed(Session& session, data::Loader& loader, FittedSteps& fitted, int64_t accumulation_steps,
                    int64_t samples, double most_seconds) {
  Learner& learner = *session.learner;
  checkpoint::RunState before;
  learner.save(before);
  const int64_t warm_up = learner.device().is_cuda() ? 3 : 1;
  const auto batches = session.sampler->epoch(0);
  loader.begin(batches);
  report::Progress progress("measuring the speed", samples, "clips");

  Speed speed;
  const auto begin = Clock::now();
  double measured_seconds = 0;
  int64_t measured_steps = 0, made = 0;
  for (size_t next = 0; measured_steps == 0 || (speed.samples < samples && seconds_since(begin) < most_seconds);) {
    base::throw_if_stopped();
    const auto step_begin = Clock::now();
    int64_t clips = 0;
    for (int64_t number = 0; number < accumulation_steps; ++number) {
      if (next++ == batches.size()) {
        loader.begin(batches);
        next = 1;
      }
      const auto loaded = loader.next();
      fitted.learn(
          loaded->clips, loaded->frames, {number, accumulation_steps},
          [&](int64_t parts) {
            return step_batch(*loaded, session.store->target(), session.voice.config, learner.mel_bank(), kSeed,
                              made * accumulation_steps + number, parts);
          },
          [&](const StepBatch& ready, BatchPlace place) {
            session.graphs->learn(ready, place, Learns::kBoth, kRates);
          });
      clips += static_cast<int64_t>(loaded->clips.size());
    }
    speed.mel_loss += learner.take_losses()[Loss::kMel];  // waits for the device
    if (made++ < warm_up) continue;
    measured_seconds += seconds_since(step_begin);
    speed.samples += clips;
    ++measured_steps;
    progress.set(std::min(speed.samples, samples));
  }
  speed.mel_loss /= static_cast<double>(made);
  speed.seconds_per_step = measured_seconds / static_cast<double>(measured_steps);
  speed.samples_per_second = static_cast<double>(speed.samples) / measured_seconds;
  learner.restore(before, "the speed test");
  return speed;
}

}  // namespace vits::train
