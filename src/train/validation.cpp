#include "vits/train/validation.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "vits/base/stop_signal.h"
#include "vits/loss/kl_loss.h"
#include "vits/loss/mel_loss.h"
#include "vits/train/batch_parts.h"
#include "vits/train/out_of_memory.h"
#include "without_dropout.h"

namespace vits::train {

namespace {

constexpr int64_t kValidationSeed = 20'231;  // of the draws, whatever the run's seed

data::ClipNumbers spread(const data::ClipNumbers& clips, int64_t most) {
  const auto count = static_cast<int64_t>(clips.size());
  if (count <= most) return clips;
  data::ClipNumbers taken;
  for (int64_t i = 0; i < most; ++i) taken.push_back(clips[static_cast<size_t>(i * count / most)]);
  return taken;
}

// Mel, KL and duration loss. [3]
at::Tensor losses_of(const BatchPart& part, Learner& learner) {
  const auto made = model::training_forward(learner.networks().generator, part.batch, part.draws, learner.half());
  const auto kl = loss::kl_loss(made.z_p, made.log_sigma_q, made.mu_p, made.log_sigma_p, part.batch.frame_mask);
  const loss::Shares& shares = part.shares;
  return at::stack({loss::mel_loss(part.real_mel, made.fake, learner.mel_bank()) * shares.clips,
                    shares.frames.defined() ? kl * shares.frames : kl,
                    shares.tokens.defined() ? made.loss_duration * shares.tokens : made.loss_duration});
}

// The samples stand on the card once at most, for training.
data::LoaderOptions from_host(data::LoaderOptions options) {
  options.data_on_gpu = "false";
  return options;
}

}  // namespace

Validation::Validation(const data::ClipStore& store, const data::LoaderOptions& options, at::Device device,
                       int64_t batch_size, int64_t most_clips)
    : store_(store),
      numbers_(spread(store.validation(), most_clips)),
      batch_size_(batch_size),
      loader_(store, device, from_host(options)) {}

at::Tensor Validation::in_parts(const data::Batch& loaded, int64_t number, Learner& learner) {
  const auto clips = static_cast<int64_t>(loaded.clips.size());
  for (;; parts_ *= 2) {
    const int64_t parts = std::min(parts_, clips);
    try {
      const StepBatch ready = step_batch(loaded, store_.target(), learner.networks().generator->config(),
                                         learner.mel_bank(), kValidationSeed, number, parts);
      at::Tensor sum;
      for (const BatchPart& part : batch_parts(ready.batch, ready.draws, ready.real_mel, parts)) {
        const at::Tensor losses = losses_of(part, learner);
        sum = sum.defined() ? sum + losses : losses;
      }
      return sum;
    } catch (const std::exception& failure) {
      if (!is_out_of_memory(failure) || parts == clips) throw;
    }
    release_memory(learner.device());
  }
}

ValidationLosses Validation::run(Learner& learner, const std::function<void(int64_t, int64_t)>& progress) {
  const at::NoGradGuard no_grad;
  const Learner::Averaged averaged(learner);
  const WithoutDropout quiet(*learner.networks().generator);

  auto sums = at::zeros({3}, at::TensorOptions(learner.device()).dtype(at::kFloat));
  loader_.begin(data::in_order(numbers_, batch_size_));
  int64_t batches = 0, clips = 0;
  while (const auto loaded = loader_.next()) {
    base::throw_if_stopped();
    const auto count = static_cast<int64_t>(loaded->clips.size());
    sums += in_parts(*loaded, batches++, learner) * static_cast<double>(count);
    clips += count;
    progress(clips, this->clips());
  }
  const auto means = (sums / static_cast<double>(std::max<int64_t>(clips, 1))).to(at::kCPU).to(at::kDouble);
  const double* values = means.const_data_ptr<double>();
  return {.mel = values[0], .kl = values[1], .duration = values[2], .clips = clips};
}

}  // namespace vits::train
