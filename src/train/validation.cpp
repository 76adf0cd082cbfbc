#include "vits/train/validation.h"

#include <ATen/ATen.h>

#include "vits/base/stop_signal.h"
#include "vits/loss/kl_loss.h"
#include "vits/loss/mel_loss.h"
#include "vits/train/step_batch.h"
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

}  // namespace

Validation::Validation(const data::ClipStore& store, const data::LoaderOptions& options, at::Device device,
                       int64_t batch_size, int64_t most_clips)
    : store_(store),
      numbers_(spread(store.validation(), most_clips)),
      batch_size_(batch_size),
      loader_(store, device, options) {}

ValidationLosses Validation::run(Learner& learner, const std::function<void(int64_t, int64_t)>& progress) {
  const at::NoGradGuard no_grad;
  const Learner::Averaged averaged(learner);
  auto& generator = learner.networks().generator;
  const WithoutDropout quiet(*generator);
  const model::VitsConfig& config = generator->config();

  auto sums = at::zeros({3}, at::TensorOptions(learner.device()).dtype(at::kFloat));
  loader_.begin(data::in_order(numbers_, batch_size_));
  int64_t batches = 0, clips = 0;
  while (const auto loaded = loader_.next()) {
    base::throw_if_stopped();
    const auto [batch, draws, real_mel] =
        step_batch(*loaded, store_.target(), config, learner.mel_bank(), kValidationSeed, batches++);
    const auto made = model::training_forward(generator, batch, draws, learner.half());
    const auto mel = loss::mel_loss(real_mel, made.fake, learner.mel_bank());
    const auto kl = loss::kl_loss(made.z_p, made.log_sigma_q, made.mu_p, made.log_sigma_p, batch.frame_mask);
    const auto count = static_cast<int64_t>(loaded->clips.size());
    sums += at::stack({mel, kl, made.loss_duration}) * static_cast<double>(count);
    clips += count;
    progress(clips, this->clips());
  }
  const auto means = (sums / static_cast<double>(std::max<int64_t>(clips, 1))).to(at::kCPU).to(at::kDouble);
  const double* values = means.const_data_ptr<double>();
  return {.mel = values[0], .kl = values[1], .duration = values[2], .clips = clips};
}

}  // namespace vits::train
