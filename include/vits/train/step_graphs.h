// Steps that a card repeats by itself. The thousands of kernels of a step are recorded as a CUDA graph, one for each
// shape of batch, and launched at once from then on, so that a fast card no longer waits for the program.
//
// The first steps of a shape are made as always: LibTorch takes its workspaces and chooses its algorithms then. The
// next one is recorded, which does nothing, and launched. Batches are copied to where the recording reads them. Random
// draws follow the seed of the batch either way, so a run goes on alike wherever it was interrupted.
//
// Where nothing can be recorded, steps are made as always and the reason is told.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/train/graph_recorder.h"
#include "vits/train/learner.h"
#include "vits/train/step_batch.h"

namespace vits::train {

class StaticInputs;

class StepGraphs {
 public:
  static constexpr int kWarmUps = 3;          // steps of a shape before it is recorded: LibTorch's advice
  static constexpr size_t kMostGraphs = 128;  // for some 60 shapes of batches that end a step and that do not

  // Without a recorder every step is made as always, for the reason given.
  StepGraphs(Learner& learner, std::unique_ptr<GraphRecorder> recorder, std::string why_not = "",
             size_t most_graphs = kMostGraphs);
  // `wish` is --cuda_graphs.
  StepGraphs(Learner& learner, const std::string& wish);
  ~StepGraphs();

  // Learner::learn(). When it throws, the learner can take the batch back.
  void learn(const StepBatch& batch, BatchPlace place, Learns who, Rates rates);

  // Gives the memory of all recordings back; they are made anew when their shapes come again.
  void release();
  // For when memory is short: recordings bring time, but no step needs them. Gives them up for good; false when there
  // are none.
  bool make_way();

  struct Figures {
    int64_t graphs = 0;                  // kept now
    int64_t recorded = 0, released = 0;  // so far
    int64_t repeated_steps = 0, eager_steps = 0;
    uint64_t input_bytes = 0;
    uint64_t held_bytes = 0;  // of the recordings, which the allocator counts as freed
  };
  Figures figures() const;
  bool records() const { return recorder_ != nullptr; }
  // Why steps are not recorded, as a clause; empty while they are.
  const std::string& why_not() const { return why_not_; }
  // "on" or "off: the CPU has no graphs".
  std::string text() const;
  // A sentence for the person when recording was given up since the last call.
  std::optional<std::string> take_news();

 private:
  using Key = std::vector<int64_t>;
  struct Shape {
    Key key;
    StepBatch places;  // while it is recorded, or at work
    int warm_ups = 0;
    std::unique_ptr<Recording> recording;
    std::list<Key>::iterator turn;  // in by_use_
  };

  Shape& shape(const Key& key, const StepBatch& batch);
  void make(Shape& of, BatchPlace place, Learns who);
  void record(Shape& of, const DeviceWork& work);
  void release(Shape& of);
  void give_up(const std::string& why);

  Learner& learner_;
  std::unique_ptr<GraphRecorder> recorder_;
  std::string why_not_;
  size_t most_graphs_;
  std::unique_ptr<StaticInputs> inputs_;
  std::map<Key, Shape> shapes_;
  std::list<Key> by_use_;  // shapes with a recording, the least recently used first
  Figures figures_;
  bool given_up_ = false;  // and not told yet
};

}  // namespace vits::train
