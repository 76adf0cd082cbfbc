#include "batch_probe.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "build_info.h"
#include "memory_gauge.h"
#include "run_figures.h"
#include "vits/base/machine.h"
#include "vits/base/stop_signal.h"
#include "vits/model/card.h"
#include "vits/report/figures.h"
#include "vits/train/batch_fit.h"
#include "vits/train/out_of_memory.h"
#include "vits/train/step_batch.h"

namespace vits::train {

namespace {

constexpr double kMostPressure = 0.80;  // below what the memory manager calls critical, with some air
constexpr int64_t kFirstTry = 8;
constexpr double kLeastBytesPerClip = 16e6;  // of RAM: below, the measurement is noise
constexpr int64_t kProbeSeed = 1;
constexpr Rates kProbeRates{1e-6, 1e-6};

class Probe {
 public:
  Probe(Session& session, const RunOptions& options)
      : session_(session),
        device_(session.learner->device()),
        loader_(*session.store, device_, options.loader, free_device_bytes(device_)),
        longest_(session.store->training()) {
    const auto& clips = session.store->clips();
    std::stable_sort(longest_.begin(), longest_.end(), [&](int64_t a, int64_t b) {
      return clips[static_cast<size_t>(a)].frames > clips[static_cast<size_t>(b)].frames;
    });
    session.learner->save(before_);
  }
  // After a failure the learner is of no use any more, and the failure is what is to be told.
  ~Probe() {
    if (!is_put_back_) try {
        put_back();
      } catch (const std::exception&) {
      }
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  void put_back() {
    is_put_back_ = true;
    session_.learner->restore(before_, "the search for a batch size");
  }

  // One step of so many of the longest clips, the same ones again when there are fewer.
  MemoryFigures learn(int64_t clips) {
    base::throw_if_stopped();
    data::ClipNumbers numbers;
    for (int64_t i = 0; i < clips; ++i) numbers.push_back(longest_[static_cast<size_t>(i) % longest_.size()]);
    release_memory(device_);
    memory_figures(device_);
    loader_.begin({numbers});
    const auto loaded = loader_.next();
    Learner& learner = *session_.learner;
    // Two batches, because a step of several keeps more.
    for (const BatchPlace place : {BatchPlace{0, 2}, BatchPlace{1, 2}}) {
      const StepBatch ready =
          step_batch(*loaded, session_.store->target(), session_.voice.config, learner.mel_bank(), kProbeSeed, 0);
      learner.learn(ready.batch, ready.draws, ready.real_mel, place, Learns::kBoth, kProbeRates);
    }
    learner.take_losses();  // waits for the device
    return memory_figures(device_);
  }

  bool fits(int64_t clips) {
    try {
      return learn(clips).pressure() <= kMostPressure;
    } catch (const std::exception& failure) {
      if (!is_out_of_memory(failure)) throw;
    }
    session_.learner->take_back();
    return false;
  }

  int64_t clips_in_ram() {
    const MemoryFigures one = learn(1), two = learn(2);
    const auto of_one = static_cast<double>(one.peak_bytes);
    const double of_each = std::max(static_cast<double>(two.peak_bytes) - of_one, kLeastBytesPerClip);
    const double room = kMostPressure * static_cast<double>(one.total_bytes) - of_one;
    return 1 + static_cast<int64_t>(std::max(0.0, room) / of_each);
  }

 private:
  Session& session_;
  at::Device device_;
  data::Loader loader_;
  data::ClipNumbers longest_;
  checkpoint::RunState before_;
  bool is_put_back_ = false;
};

}  // namespace

std::string fit_key(const Session& session, const RunOptions& options) {
  const Learner& learner = *session.learner;
  const auto screen = screen_of(learner, session.learner->networks());
  int64_t frames = 0, tokens = 0;
  for (const int64_t clip : session.store->training()) {
    const data::StoredClip& of = session.store->clips()[static_cast<size_t>(clip)];
    frames = std::max(frames, of.frames);
    tokens = std::max(tokens, of.tokens);
  }
  const bool on_cpu = learner.device().is_cpu();
  const uint64_t bytes = on_cpu ? base::memory().total_bytes : screen.device_total_bytes;
  const auto card = model::card_of(learner.device());
  return fmt::format("{} of {}, {} and {} parameters in {}{}, up to {} frames and {} tokens, vits-train {}",
                     card ? card->name : screen.device, report::bytes_text(bytes), screen.parameters,
                     screen.discriminator_parameters, screen.precision,
                     options.fit.gradient_checkpointing ? " with checkpointing" : "", MicroBatches::bucket(frames) + 64,
                     MicroBatches::bucket(tokens) + 64, build_info::kVersion);
}

void find_batch_size(Session& session, RunOptions& options) {
  if (options.batches.batch_seconds > 0) {  // batches are made by that; the number is validation's
    options.batches.batch_size = data::BatchOptions().batch_size;
    return;
  }
  const FitCache cache(FitCache::usual_folder());
  const std::string key = fit_key(session, options);
  const auto kept = cache.find(key);
  FitAnswer answer;
  if (kept) {
    answer = *kept;
  } else {
    Probe probe(session, options);
    const int64_t most = options.fit.effective_batch_size;
    answer.clips = session.learner->device().is_cpu()
                       ? std::min(most, probe.clips_in_ram())
                       : most_that_fit(kFirstTry, most, [&](int64_t clips) { return probe.fits(clips); });
    probe.put_back();
    cache.keep(key, answer);
  }
  const BatchPlan plan = plan_batches(answer.clips, options.fit.effective_batch_size);
  options.batches.batch_size = plan.batch_size;
  options.optimizer.gradient_accumulation_steps = plan.accumulation_steps;
  session.fit_key = key;
  session.clips_that_fit = answer.clips;
  session.micro_batches = answer.micro_batches;
  session.notes.push_back(
      fmt::format("batch_size auto: {} of the longest clips fit at once ({} {}): {} x {} make a step", answer.clips,
                  kept ? "found out earlier, kept in" : "tried out, kept in", cache.file().string(), plan.batch_size,
                  plan.accumulation_steps));
}

}  // namespace vits::train
