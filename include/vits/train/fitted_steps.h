// Learns batch after batch, whatever the memory holds.
//
// A batch that does not fit is taken back and learned again in parts of half as many clips, with the gradients that it
// would have had; its length bucket and longer ones keep to that. What is held for speed alone makes way before that.
// A clip that does not fit alone is left out aloud. Before any of that for good, other programs are waited for
// (memory_patience.h).
// After each batch the memory is looked at, for a hundredth of the time at most, so that parts become smaller before
// one fails.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "vits/train/learner.h"
#include "vits/train/memory_patience.h"
#include "vits/train/memory_watch.h"
#include "vits/train/micro_batches.h"
#include "vits/train/step_batch.h"

namespace vits::train {

class FittedSteps {
 public:
  struct Surroundings {
    std::function<MemoryFigures()> figures;                 // since the last call
    std::function<void(MemoryAction)> act;                  // kGiveBackHostMemory and kEmptyCache, between two steps
    std::function<void()> release;                          // all that can be given back, after a step that failed
    std::function<void(const std::string& sentence)> tell;  // the person
    std::function<void(int64_t clip)> left_out;  // a clip that does not fit alone, and will not come up again
    // Gives up what is held for speed alone; false when nothing is.
    std::function<bool()> make_way = [] { return false; };
    std::function<double()> share_of_others = [] { return 0.0; };  // of the memory, that other programs hold
    // Lets time pass; false, before it is over, when a stop was asked for.
    std::function<bool(double seconds)> pause = [](double) { return true; };
  };
  static Surroundings of_device(at::Device device);  // tells nobody

  FittedSteps(Learner& learner, bool watches, Surroundings surroundings);

  // `make` puts the batch on the device with its draws, the same each time, in parts like step_batch(); `learn` is
  // Learner::learn() or what stands for it. `clips` are numbers in the store.
  using Make = std::function<StepBatch(int64_t parts)>;
  using Learn = std::function<void(const StepBatch& batch, BatchPlace place)>;
  void learn(const std::vector<int64_t>& clips, int64_t frames, BatchPlace place, const Make& make, const Learn& learn);

  const MicroBatches& micro_batches() const { return micro_; }
  const std::set<int64_t>& clips_left_out() const { return left_out_; }
  void restore(MicroBatches micro, std::set<int64_t> left_out);
  void set_surroundings(Surroundings surroundings) { around_ = std::move(surroundings); }

  const MemoryWatch& watch() const { return watch_; }
  bool watches() const { return watches_; }
  int64_t times_out_of_memory() const { return times_out_; }
  int64_t clips_at_once() const { return clips_at_once_; }  // of the newest batch
  double watch_seconds() const { return watch_seconds_; }   // that looking took, in all

 private:
  bool is_quick_to_look() const;
  void look(int64_t clips, int64_t frames);
  struct Failure {
    std::string reason;
    bool was_made = false;       // the batch was, before
    bool is_of_library = false;  // which may have another cause than memory
  };
  void shrink(std::vector<int64_t>& rows, const std::vector<int64_t>& clips, int64_t frames, const Failure& failure);
  bool waits_for_others(int64_t frames);
  void count_loss(const Failure& failure);

  Learner& learner_;
  bool watches_;
  Surroundings around_;
  MicroBatches micro_;
  std::set<int64_t> left_out_;
  MemoryWatch watch_;
  MemoryPatience patience_;
  int64_t times_out_ = 0, clips_at_once_ = 0;
  int64_t lost_to_libraries_ = 0;  // clips and batches, since a batch was learned
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double watch_seconds_ = 0.0;
};

}  // namespace vits::train
