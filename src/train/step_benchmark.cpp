#include "vits/train/step_benchmark.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <string_view>

#include "operator_count.h"
#include "run_figures.h"
#include "vits/base/machine.h"
#include "vits/base/stop_signal.h"
#include "vits/train/out_of_memory.h"
#include "vits/train/session.h"
#include "vits/train/step_batch.h"

namespace vits::train {

namespace {

using Clock = std::chrono::steady_clock;
double seconds_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

constexpr int kPhaseSteps = 3;
constexpr int64_t kStepsInARow = 8, kMostMoreSteps = 400;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

class Bench {
 public:
  Bench(const RunOptions& options, const std::filesystem::path& voice_path)
      : options_(options),
        session_(open_session(options_, voice_path)),
        loader_(*session_.store, session_.learner->device(), options.loader,
                free_device_bytes(session_.learner->device())) {}

  Session& session() { return session_; }
  int64_t batch_size() const { return options_.batches.batch_size; }
  double waited_seconds() const { return loader_.waited_seconds(); }
  int64_t padded_frames() const { return padded_frames_; }
  int64_t real_frames() const { return real_frames_; }
  int64_t frames_of_last() const { return frames_of_last_; }

  // Gives the clips learned.
  int64_t step() {
    return step_by([&](const StepBatch& ready, Rates rates) {
      const auto learn = [&] { session_.graphs->learn(ready, {}, Learns::kBoth, rates); };
      try {
        learn();
        return;
      } catch (const std::exception& failure) {
        if (!is_out_of_memory(failure) || !session_.graphs->make_way()) throw;
      }
      session_.learner->take_back();
      learn();
    });
  }

  // Kernel by kernel, for a stopwatch or to be counted.
  int64_t eager_step(const Learner::Mark& mark) {
    return step_by([&](const StepBatch& ready, Rates rates) {
      mark("data");
      session_.learner->learn(ready.batch, ready.draws, ready.real_mel, {}, Learns::kBoth, rates, mark);
    });
  }

 private:
  int64_t step_by(const std::function<void(const StepBatch&, Rates)>& learn) {
    base::throw_if_stopped();
    auto loaded = loader_.next();
    while (!loaded) {
      loader_.begin(session_.sampler->epoch(epoch_++));
      loaded = loader_.next();
    }
    const StepBatch ready = step_batch(*loaded, session_.store->target(), session_.voice.config,
                                       session_.learner->mel_bank(), options_.machine.seed, made_++);
    const double rate = options_.schedule.learning_rate;
    learn(ready, {rate, rate});
    const auto clips = static_cast<int64_t>(loaded->clips.size());
    frames_of_last_ = loaded->frames;
    padded_frames_ += clips * loaded->frames;
    for (const int64_t frames : std::span(loaded->frame_lengths.const_data_ptr<int64_t>(), loaded->clips.size()))
      real_frames_ += frames;
    return clips;
  }

  RunOptions options_;
  Session session_;
  data::Loader loader_;
  int64_t epoch_ = 0, made_ = 0, padded_frames_ = 0, real_frames_ = 0, frames_of_last_ = 0;
};

}  // namespace

formats::Json benchmark_steps(const RunOptions& options, const std::filesystem::path& voice_path, int64_t steps,
                              int64_t warm_up) {
  Bench bench(options, voice_path);
  Learner& learner = *bench.session().learner;
  const StepGraphs& graphs = *bench.session().graphs;
  for (int64_t i = 0; i < warm_up; ++i) bench.step();
  // The shapes of a night are recorded in its first minutes.
  int64_t repeated_in_a_row = 0;
  for (int64_t i = 0; graphs.records() && repeated_in_a_row < kStepsInARow && i < kMostMoreSteps; ++i) {
    const StepGraphs::Figures before = graphs.figures();
    bench.step();
    const StepGraphs::Figures after = graphs.figures();
    const bool repeated = after.repeated_steps > before.repeated_steps && after.recorded == before.recorded;
    repeated_in_a_row = repeated ? repeated_in_a_row + 1 : 0;
  }
  learner.take_losses();

  std::vector<double> seconds;
  std::vector<int64_t> padded_frames;
  int64_t clips = 0;
  const double waited = bench.waited_seconds();
  LossMeans losses;
  for (int64_t i = 0; i < steps; ++i) {
    const auto begin = Clock::now();
    clips += bench.step();
    losses = learner.take_losses();  // waits for the device
    seconds.push_back(seconds_between(begin, Clock::now()));
    padded_frames.push_back(bench.frames_of_last());
  }
  const double total = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  const double wait_share = (bench.waited_seconds() - waited) / total;
  const uint64_t peak_memory = base::peak_resident_bytes();
  const uint64_t peak_on_card = peak_device_bytes(learner.device()) + graphs.figures().held_bytes;
  const formats::Json graph_figures{{"state", graphs.text()},
                                    {"kept", graphs.figures().graphs},
                                    {"recorded", graphs.figures().recorded},
                                    {"repeated_steps", graphs.figures().repeated_steps},
                                    {"eager_steps", graphs.figures().eager_steps}};

  std::map<std::string, std::vector<double>> phases;
  for (int i = 0; i < kPhaseSteps; ++i) {
    auto last = Clock::now(), last_whole = last;
    std::map<std::string, double> of_step;
    bench.eager_step([&](const char* phase) {
      learner.wait();
      const auto now = Clock::now();
      const bool is_part = std::string_view(phase).find('/') != std::string_view::npos;
      of_step[phase] += seconds_between(is_part ? last : last_whole, now);
      last = now;
      if (!is_part) last_whole = now;
    });
    for (const auto& [phase, value] : of_step) phases[phase].push_back(value);
  }
  formats::Json phase_seconds;
  for (const auto& [phase, values] : phases) phase_seconds[phase] = median(values);

  OperatorCounts counts;
  {
    const OperatorCount counting;
    bench.eager_step([](const char*) {});
    counts = counting.counts();
  }
  formats::Json loss_values;
  for (size_t i = 0; i < kLossNames.size(); ++i) loss_values[std::string(kLossNames[i])] = losses.values[i];
  std::vector<std::pair<int64_t, std::string>> commonest;
  for (const auto& [name, count] : counts.by_name) commonest.emplace_back(-count, name);
  std::sort(commonest.begin(), commonest.end());
  formats::Json common;
  for (size_t i = 0; i < std::min<size_t>(commonest.size(), 40); ++i) common[commonest[i].second] = -commonest[i].first;

  return {
      {"program", "vits-train"},
      {"device", device_text(learner.device())},
      {"precision", precision_text(learner.half())},
      {"cuda_graphs", graph_figures},
      {"batch", bench.batch_size()},
      {"steps", steps},
      {"samples_per_s", static_cast<double>(clips) / total},
      {"samples_per_s_at_median", static_cast<double>(clips) / static_cast<double>(steps) / median(seconds)},
      {"step_s_median", median(seconds)},
      {"step_s_min", *std::min_element(seconds.begin(), seconds.end())},
      {"step_s", seconds},
      {"phases_s", phase_seconds},
      {"kernels_per_step", counts.kernels},
      {"views_per_step", counts.views},
      {"waits_per_step", counts.waits},
      {"casts_per_step", counts.casts},
      {"commonest_kernels", common},
      {"padded_frames", padded_frames},
      {"padding_share", 1.0 - static_cast<double>(bench.real_frames()) / static_cast<double>(bench.padded_frames())},
      {"data_wait_share", wait_share},
      {"peak_rss_mib", static_cast<double>(peak_memory) / (1 << 20)},
      {"peak_vram_mib", static_cast<double>(peak_on_card) / (1 << 20)},
      {"losses", loss_values}};
}

}  // namespace vits::train
