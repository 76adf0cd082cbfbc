// The two networks that play against each other, and one step of both.
//
// The synthesizer runs once for each batch. The discriminators hear real and generated slices as one batch and learn to
// tell them apart; then, frozen and already better, they judge for the synthesizer. No gradient leaks from one to the
// other: each backward pass reaches the parameters of its own network alone.
//
// A batch that does not fit in memory is learned in parts: the discriminators hear all parts before they are updated,
// the synthesizer then runs a second time for each part, and the gradients are those of the batch in one. A batch whose
// learning ended in an exception can be taken back and learned again.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vits/checkpoint/run_state.h"
#include "vits/loss/loss_weights.h"
#include "vits/model/discriminators.h"
#include "vits/model/generator.h"
#include "vits/model/kept_weights.h"
#include "vits/model/training_forward.h"
#include "vits/train/adamw.h"
#include "vits/train/batch_parts.h"
#include "vits/train/flat_parameters.h"
#include "vits/train/loss_scale.h"
#include "vits/train/losses.h"
#include "vits/train/optimizer_options.h"
#include "vits/train/out_of_memory.h"

namespace vits::train {

struct Networks {
  model::Generator generator{nullptr};
  model::Discriminators discriminators{nullptr};  // empty: trained without an opponent
};

struct LearnerSettings {
  OptimizerOptions optimizer;
  loss::LossWeights weights;
  std::optional<c10::ScalarType> half;  // kHalf or kBFloat16: mixed precision
  model::Keeps keeps = model::Keeps::kAll;
};

// A batch's place in its step, and in how many parts it is learned; 0 parts: nothing of it is left to learn, and the
// last of a step makes the updates all the same.
struct BatchPlace {
  int64_t number = 0, of = 1;
  int64_t parts = 1;
  bool is_last() const { return number + 1 == of; }
};

enum class Learns { kBoth, kDiscriminatorsOnly };

struct Rates {
  double generator = 0.0, discriminators = 0.0;
};

class Learner {
 public:
  // The networks are on their device, with training's weight norm; frozen parameters have requires_grad off.
  Learner(Networks networks, const LearnerSettings& settings);

  // One batch; with the last of a step both networks are updated. real_mel [B, M, D]: the log mels of the slices.
  // `mark` is told after each phase, for a stopwatch.
  using Mark = model::PhaseMark;
  void learn(
      const model::TrainingBatch& batch, const model::Draws& draws, const at::Tensor& real_mel, BatchPlace place,
      Learns who, Rates rates, const Mark& mark = [](const char*) {});
  // learn() in its three parts, for a step that is recorded once and repeated (step_graphs.h): what goes before, the
  // work on the device, and what the host counts. compute() reads nothing off the device, leaves no tensor behind and
  // goes by the number of batches in a step and whether this is its last alone.
  void begin(BatchPlace place, Rates rates);
  void compute(
      const model::TrainingBatch& batch, const model::Draws& draws, const at::Tensor& real_mel, BatchPlace place,
      Learns who, const Mark& mark = [](const char*) {});
  void count(BatchPlace place);
  // After compute() threw while it was recorded, so that nothing of it was made on the device.
  void forget_unmade();
  void wait() const;  // for the device

  // After learn() threw: everything is as before that call, which can then be made again for the same batch, in more
  // parts or without some of its clips. An update of the discriminators that was made already stays, and is not made a
  // second time.
  void take_back();
  bool is_within_batch() const { return stage_ != Stage::kNothing; }  // one of its updates is made
  int64_t part_at_work() const { return part_at_work_; }              // when learn() threw

  LossMeans take_losses() { return sums_.take(); }    // since the last call; waits for the device
  LossMeans losses() const { return sums_.means(); }  // the same, without taking them
  int64_t untaken_batches() const { return sums_.batches(); }

  Networks& networks() { return networks_; }
  const at::Tensor& mel_bank() const { return mel_bank_; }
  at::Device device() const { return device_; }
  std::optional<c10::ScalarType> half() const { return settings_.half; }
  bool keeps_activations() const { return settings_.keeps == model::Keeps::kAll; }
  double loss_scale() const;  // waits for the device
  bool averages() const { return average_.defined(); }
  bool adversarial() const { return judges_ != nullptr; }

  // While it lives the generator has its averaged weights (those of --ema); without averaging, its own.
  class Averaged {
   public:
    explicit Averaged(Learner& learner);
    ~Averaged();
    Averaged(const Averaged&) = delete;
    Averaged& operator=(const Averaged&) = delete;

   private:
    Learner& learner_;
    at::Tensor own_;
  };

  // Weights, optimisers, average, loss scale and the losses that were not taken: copies on the host, and back.
  void save(checkpoint::RunState& state) const;
  void restore(const checkpoint::RunState& state, const std::string& source);

 private:
  // A network with what trains it.
  struct Player {
    Player(torch::nn::Module& network, const OptimizerOptions& options);
    FlatParameters parameters;
    AdamW adamw;
    at::Tensor rate;  // [] a tensor, so that a captured step sees a new one
    at::Tensor kept;  // [N] the gradients before the batch at hand, in a step of several

    void keep_gradients(BatchPlace place);
    void take_back_gradients(bool first_of_step);
  };

  // What of the batch at hand is done.
  enum class Stage { kNothing, kDiscriminatorsUpdated, kAllUpdated };

  void keep(Loss loss, const at::Tensor& value);
  void forget(Loss first, Loss last);
  model::Synthesis synthesize(const BatchPart& part, bool with_gradients, const Mark& mark);
  void teach_discriminators(const model::Synthesis& made, double share, BatchPlace place, const Mark& mark);
  void teach_generator(const model::Synthesis& made, const BatchPart& part, BatchPlace place, const Mark& mark);
  void update_generator(const Mark& mark);
  void count_update(bool voice_learns);

  FailedPasses failed_;  // before anything that has gradients
  Networks networks_;
  LearnerSettings settings_;
  at::Device device_;
  std::unique_ptr<Player> voice_, judges_;  // judges_ empty without discriminators
  LossScale scale_;
  at::Tensor average_;  // [N] of the generator's values; undefined without averaging
  at::Tensor mel_bank_;
  LossSums sums_;
  std::array<at::Tensor, kLossNames.size()> losses_;  // of the batch at hand
  std::optional<model::KeptWeights> voice_weights_;   // from a pass of the generator to the end of its way back
  std::vector<std::vector<at::Tensor>> real_maps_;    // likewise, while the discriminators stay as they are
  Stage stage_ = Stage::kNothing;
  bool begun_ = false;  // a batch, and not come to its end
  bool first_of_step_ = true;
  int64_t part_at_work_ = 0;
};

}  // namespace vits::train
