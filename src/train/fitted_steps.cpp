#include "vits/train/fitted_steps.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "memory_gauge.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"
#include "vits/train/out_of_memory.h"

namespace vits::train {

namespace {

using Clock = std::chrono::steady_clock;
double elapsed_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

constexpr double kMostOfTimeForLooking = 0.01;
// Clips and batches that the failures of a library may cost with nothing learned between them.
constexpr int64_t kMostLostToLibraries = 3;

bool sleep_unless_stopped(double seconds) {
  const auto begin = Clock::now();
  while (base::stop_requested() == 0 && elapsed_since(begin) < seconds)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return base::stop_requested() == 0;
}

std::string clips_text(int64_t clips) { return clips == 1 ? "1 clip" : fmt::format("{} clips", clips); }

StepBatch rows_of(const StepBatch& whole, const std::vector<int64_t>& rows) {
  const auto index = at::tensor(rows, at::kLong);
  const auto there = index.to(whole.batch.token_ids.device(), /*non_blocking=*/true);
  const auto of = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.index_select(0, tensor.is_cpu() ? index : there) : tensor;
  };
  const model::TrainingBatch& batch = whole.batch;
  return {.batch = {.token_ids = of(batch.token_ids),
                    .token_lengths = of(batch.token_lengths),
                    .token_mask = of(batch.token_mask),
                    .spectrogram = of(batch.spectrogram),
                    .frame_lengths = of(batch.frame_lengths),
                    .frame_mask = of(batch.frame_mask),
                    .waveform = of(batch.waveform),
                    .speaker_ids = of(batch.speaker_ids)},
          .draws = {.posterior = of(whole.draws.posterior),
                    .duration = of(whole.draws.duration),
                    .segment_starts = of(whole.draws.segment_starts)},
          .real_mel = of(whole.real_mel)};
}

}  // namespace

FittedSteps::Surroundings FittedSteps::of_device(at::Device device) {
  return {.figures = [device] { return memory_figures(device); },
          .act =
              [device](MemoryAction action) {
                if (action == MemoryAction::kEmptyCache) release_memory(device);
                if (action == MemoryAction::kGiveBackHostMemory) release_host_memory(device);
              },
          .release = [device] { release_memory(device); },
          .tell = [](const std::string&) {},
          .left_out = [](int64_t) {},
          .make_way = [] { return false; },
          .share_of_others = [device] { return share_of_others(device); },
          .pause = sleep_unless_stopped};
}

FittedSteps::FittedSteps(Learner& learner, bool watches, Surroundings surroundings)
    : learner_(learner), watches_(watches), around_(std::move(surroundings)) {}

void FittedSteps::restore(MicroBatches micro, std::set<int64_t> left_out) {
  micro_ = std::move(micro);
  left_out_ = std::move(left_out);
}

void FittedSteps::learn(const std::vector<int64_t>& clips, int64_t frames, BatchPlace place, const Make& make,
                        const Learn& learn) {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < clips.size(); ++row)
    if (!left_out_.contains(clips[row])) rows.push_back(static_cast<int64_t>(row));

  std::optional<Failure> failure;
  bool was_made = false;
  do {
    if (failure) shrink(rows, clips, frames, *failure);
    failure.reset();
    was_made = false;
    const auto count = static_cast<int64_t>(rows.size());
    place.parts = micro_.parts(count, frames);
    clips_at_once_ = count == 0 ? 0 : (count + place.parts - 1) / place.parts;
    if (count == 0 && place.of == 1) return;  // a step of nothing
    try {
      StepBatch ready;
      if (count > 0) ready = make(place.parts);
      if (count > 0 && rows.size() < clips.size()) ready = rows_of(ready, rows);
      was_made = true;
      learn(ready, place);
    } catch (const std::exception& thrown) {
      if (!is_out_of_memory(thrown)) throw;
      failure = {want_of_memory(thrown), was_made, is_failure_of_library(thrown)};
    }
    // Only here, behind the handler, nothing holds the tensors of the attempt any more.
  } while (failure);
  if (clips_at_once_ == 0) return;
  lost_to_libraries_ = 0;
  if (const double waited = patience_.fitted(clips_at_once_, frames); waited > 0)
    around_.tell(fmt::format("there is memory again after {:.0f} s of waiting: training goes on", waited));
  if (is_quick_to_look()) look(static_cast<int64_t>(rows.size()), frames);
}

void FittedSteps::shrink(std::vector<int64_t>& rows, const std::vector<int64_t>& clips, int64_t frames,
                         const Failure& failure) {
  ++times_out_;
  learner_.take_back();
  const bool has_more_room = around_.make_way();
  around_.release();
  if (has_more_room) return;
  if (waits_for_others(frames)) {
    if (around_.pause(MemoryPatience::kSecondsBetweenTries)) return;
    if (!rows.empty()) {  // nothing of this batch is in the way of a stop
      rows.clear();
      return;
    }
  }
  const auto count = static_cast<int64_t>(rows.size());
  if (const int64_t half = micro_.halve(clips_at_once_, frames); half > 0) {
    around_.tell(
        fmt::format("a batch of {} and {} frames does not fit in memory ({}): it is learned again, and from {} frames "
                    "on all are, {} at once",
                    clips_text(count), frames, failure.reason, MicroBatches::bucket(frames), clips_text(half)));
    return;
  }
  if (rows.empty())
    throw vits::Error("there is no memory left to end a step in ({}). Close other programs.", failure.reason);
  count_loss(failure);
  if (!failure.was_made) {  // no clip is to blame
    around_.tell(fmt::format("there was no memory for a batch of {} and {} frames ({}): it is passed over this time",
                             clips_text(count), frames, failure.reason));
    rows.clear();
    return;
  }
  const auto row = rows.begin() + std::min(learner_.part_at_work(), count - 1);
  const int64_t clip = clips[static_cast<size_t>(*row)];
  rows.erase(row);
  left_out_.insert(clip);
  around_.left_out(clip);
}

bool FittedSteps::waits_for_others(int64_t frames) {
  const auto taken = patience_.waits(clips_at_once_, frames, around_.share_of_others());
  if (taken && patience_.has_just_begun())
    around_.tell(
        fmt::format("other programs have taken {:.0f} % of the memory since batches like this one fitted: "
                    "training waits {:.0f} minutes at most for them to give it back",
                    100 * *taken, MemoryPatience::kMostSeconds / 60));
  return taken.has_value();
}

// What fails for one clip after the other, with all memory given back, fails for all, and the night would end with
// nothing learned.
void FittedSteps::count_loss(const Failure& failure) {
  if (!failure.is_of_library || ++lost_to_libraries_ < kMostLostToLibraries) return;
  throw vits::Error(
      "a library of CUDA's fails for the smallest batches too, {} times in a row with all memory given back ({}). "
      "Close other programs that use the card; if there are none, the library itself does not work here: "
      "`vits-train doctor` says what is installed, and --device cpu trains without it.",
      lost_to_libraries_, failure.reason);
}

// Some systems take milliseconds to say how full a card is. The next look sees the peak of all that was left out.
bool FittedSteps::is_quick_to_look() const { return watch_seconds_ <= kMostOfTimeForLooking * elapsed_since(began_); }

void FittedSteps::look(int64_t clips, int64_t frames) {
  const auto begin = Clock::now();
  const double share_of_others = around_.share_of_others();
  patience_.saw_others_hold(share_of_others);
  const MemoryAction action = watches_ ? watch_.look(around_.figures()) : MemoryAction::kNone;
  watch_seconds_ += elapsed_since(begin);
  if (action != MemoryAction::kSmallerParts) {
    if (action != MemoryAction::kNone) around_.act(action);
    return;
  }
  if (patience_.others_hold_more(share_of_others)) return;  // a batch that fails for it waits
  if (around_.make_way()) return;
  const int64_t half = micro_.halve(std::min(clips, clips_at_once_), frames);
  if (half > 0)
    around_.tell(fmt::format("memory is {:.0f} % full at {} of {} frames: from {} frames on {} are learned at once",
                             100 * watch_.pressure(), clips_text(clips), frames, MicroBatches::bucket(frames),
                             clips_text(half)));
}

}  // namespace vits::train
