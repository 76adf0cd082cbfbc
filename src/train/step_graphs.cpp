#include "vits/train/step_graphs.h"

#include <fmt/format.h>

#include <utility>

#include "last_operator.h"
#include "static_inputs.h"

namespace vits::train {

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What compute() decides by besides the batch's shape.
std::vector<int64_t> key_of(const StepBatch& batch, BatchPlace place, Learns who) {
  auto key = shape_of(batch);
  key.insert(key.end(), {place.of, place.is_last(), who == Learns::kBoth});
  return key;
}

}  // namespace

StepGraphs::StepGraphs(Learner& learner, std::unique_ptr<GraphRecorder> recorder, std::string why_not,
                       size_t most_graphs)
    : learner_(learner),
      recorder_(std::move(recorder)),
      why_not_(std::move(why_not)),
      most_graphs_(most_graphs),
      inputs_(std::make_unique<StaticInputs>()) {}

StepGraphs::StepGraphs(Learner& learner, const std::string& wish) : StepGraphs(learner, nullptr, "--cuda_graphs off") {
  if (wish == "off") return;
  // Computing again takes the random generator back to where it stood, which LibTorch tells no recording.
  why_not_ = "--gradient_checkpointing draws twice, which a recording cannot";
  if (!learner.keeps_activations()) return;
  why_not_.clear();
  recorder_ = graph_recorder_of(learner.device(), why_not_);
}

StepGraphs::~StepGraphs() = default;

void StepGraphs::learn(const StepBatch& batch, BatchPlace place, Learns who, Rates rates) {
  // Parts are for a memory that is short; what is left of a batch that was taken back is no whole one.
  if (!recorder_ || place.parts != 1 || learner_.is_within_batch()) {
    learner_.learn(batch.batch, batch.draws, batch.real_mel, place, who, rates);
    ++figures_.eager_steps;
    return;
  }
  Shape& of = shape(key_of(batch, place, who), batch);
  put(batch, of.places);
  learner_.begin(place, rates);
  make(of, place, who);
  learner_.count(place);
}

StepGraphs::Shape& StepGraphs::shape(const Key& key, const StepBatch& batch) {
  Shape& of = shapes_[key];
  if (of.recording) {
    by_use_.splice(by_use_.end(), by_use_, of.turn);
  } else {
    of.key = key;
    of.places = inputs_->places_for(batch);
  }
  return of;
}

void StepGraphs::make(Shape& of, BatchPlace place, Learns who) {
  const StepBatch places = of.places;
  const DeviceWork work = [this, places, place, who] {
    learner_.compute(places.batch, places.draws, places.real_mel, place, who);
  };
  if (!of.recording && of.warm_ups == kWarmUps) record(of, work);
  if (of.recording) {
    of.recording->repeat();
    ++figures_.repeated_steps;
    return;
  }
  ++figures_.eager_steps;
  if (!recorder_) {
    work();
    return;
  }
  recorder_->warm_up(work);
  ++of.warm_ups;
  of.places = {};
}

void StepGraphs::record(Shape& of, const DeviceWork& work) {
  while (!by_use_.empty() && (by_use_.size() >= most_graphs_ || !recorder_->has_room()))
    release(shapes_.at(by_use_.front()));
  if (by_use_.empty() && !recorder_->has_room()) {
    of.warm_ups = 0;  // asked again in some steps
    return;
  }
  const LastOperator watched;
  try {
    of.recording = recorder_->record(work);
  } catch (const std::exception& thrown) {
    learner_.forget_unmade();
    const std::string at = watched.name();
    give_up(fmt::format("recording a step failed{}: {}", at.empty() ? "" : " at " + at, first_line(thrown.what())));
    return;
  }
  of.turn = by_use_.insert(by_use_.end(), of.key);
  ++figures_.recorded;
}

void StepGraphs::release(Shape& of) {
  by_use_.erase(of.turn);
  of.recording.reset();
  of.places = {};
  of.warm_ups = 0;  // not recorded anew at once, or more shapes than graphs would do nothing else
  ++figures_.released;
}

void StepGraphs::release() {
  while (!by_use_.empty()) release(shapes_.at(by_use_.front()));
  if (recorder_) recorder_->free_memory();  // of a recording that failed, too
}

bool StepGraphs::make_way() {
  if (by_use_.empty()) return false;
  give_up("the memory does not hold recordings beside a step");
  return true;
}

void StepGraphs::give_up(const std::string& why) {
  release();
  recorder_.reset();
  why_not_ = why;
  given_up_ = true;
}

StepGraphs::Figures StepGraphs::figures() const {
  Figures figures = figures_;
  figures.graphs = static_cast<int64_t>(by_use_.size());
  figures.input_bytes = inputs_->bytes();
  if (recorder_) figures.held_bytes = recorder_->held_bytes();
  return figures;
}

std::optional<std::string> StepGraphs::take_news() {
  if (!std::exchange(given_up_, false)) return {};
  return fmt::format("no CUDA graphs from here on, steps are launched kernel by kernel: {}", why_not_);
}

std::string StepGraphs::text() const { return recorder_ ? "on" : "off: " + why_not_; }

}  // namespace vits::train
