#include "vits/model/training_forward.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "vits/base/shape.h"
#include "vits/model/autocast.h"
#include "vits/model/best_path.h"
#include "vits/model/masks.h"

namespace vits::model {

namespace {

void check(const TrainingBatch& batch, const Draws& draws) {
  base::check_shape(batch.token_ids, "B T", "training batch's token ids");
  base::check_shape(batch.token_mask, "B 1 T", "training batch's token mask");
  base::check_shape(batch.spectrogram, "B K F", "training batch's spectrogram");
  base::check_shape(batch.frame_mask, "B 1 F", "training batch's frame mask");
  base::check_shape(batch.waveform, "B 1 S", "training batch's waveform");
  base::check_shape(draws.posterior, "B C F", "posterior noise");
  base::check_shape(draws.segment_starts, "B", "segment starts");
}

}  // namespace

void TrainingBatch::add_masks() {
  const auto device = spectrogram.device();
  token_mask = length_mask(token_lengths.to(device), token_ids.size(1));
  frame_mask = length_mask(frame_lengths.to(device), spectrogram.size(2));
}

Draws draw(const TrainingBatch& batch, const VitsConfig& config, const std::optional<at::Generator>& generator) {
  const auto options = batch.frame_mask.options();
  const int64_t clips = batch.token_ids.size(0);
  const auto places = batch.frame_mask.sum({1, 2}) - (config.segment_size / config.hop_length - 1);  // [B]
  const auto uniform = at::rand({clips}, generator, options);
  Draws draws;
  draws.segment_starts = at::minimum((uniform * places).floor(), places - 1).to(at::kLong);
  if (config.use_stochastic_duration_prediction)
    draws.duration = at::randn({clips, 2, batch.token_ids.size(1)}, generator, options);
  draws.posterior = at::randn({clips, config.flow_size, batch.spectrogram.size(2)}, generator, options);
  return draws;
}

Synthesis training_forward(Generator& generator, const TrainingBatch& batch, const Draws& draws,
                           std::optional<c10::ScalarType> half) {
  check(batch, draws);
  const VitsConfig& config = generator->config();
  const auto device = batch.spectrogram.device().type();
  const int64_t segment_frames = config.segment_size / config.hop_length;
  const auto speaker = generator->speaker(batch.speaker_ids);  // [B, E, 1]
  Synthesis made;

  {
    const Autocast region(device, half);
    const EncodedText text = generator->text_encoder->forward(batch.token_ids, batch.token_mask);
    made.hidden = text.hidden.to(at::kFloat);
    made.mu_p_text = text.mu_p.to(at::kFloat);
    made.log_sigma_p_text = text.log_sigma_p.to(at::kFloat);
    const Posterior posterior = generator->posterior_encoder->forward(batch.spectrogram, batch.frame_mask, speaker);
    made.mu_q = posterior.mu_q.to(at::kFloat);
    made.log_sigma_q = posterior.log_sigma_q.to(at::kFloat);
  }
  made.z = (made.mu_q + draws.posterior * made.log_sigma_q.exp()) * batch.frame_mask;
  {
    const Autocast region(device, half);
    made.z_p = generator->flow->forward(made.z, batch.frame_mask, speaker).to(at::kFloat);
  }

  {
    const at::NoGradGuard no_grad;
    made.score = log_likelihood(made.z_p, made.mu_p_text, made.log_sigma_p_text);
    made.path = best_path(made.score, batch.token_lengths, batch.frame_lengths);
    made.durations = made.path.sum(2).unsqueeze(1);
  }
  made.duration_loss_per_clip =
      generator->duration_predictor->loss(made.hidden, batch.token_mask, made.durations, speaker, draws.duration);
  made.loss_duration = made.duration_loss_per_clip.sum() / batch.token_mask.sum();
  made.mu_p = at::matmul(made.mu_p_text, made.path);
  made.log_sigma_p = at::matmul(made.log_sigma_p_text, made.path);

  made.z_slice = cut(made.z, draws.segment_starts, segment_frames);
  {
    const Autocast region(device, half);
    made.fake = generator->decoder->forward(made.z_slice, speaker).to(at::kFloat);
  }
  made.real = cut(batch.waveform, draws.segment_starts * config.hop_length, config.segment_size);
  return made;
}

at::Tensor cut(const at::Tensor& x, const at::Tensor& starts, int64_t length) {
  const auto index = starts.view({-1, 1, 1}) + at::arange(length, starts.options());  // [B, 1, length]
  return x.gather(2, index.expand({-1, x.size(1), -1}));
}

at::Tensor log_likelihood(const at::Tensor& z_p, const at::Tensor& mu, const at::Tensor& log_sigma) {
  // The square written out, so that tokens and frames meet in two matrix products instead of [B, C, T, F].
  const auto precision = (-2 * log_sigma).exp();  // [B, C, T]
  const auto of_token = (-0.5 * std::log(2 * std::numbers::pi) - log_sigma - 0.5 * mu.square() * precision).sum(1);
  return of_token.unsqueeze(2) + at::matmul(precision.transpose(1, 2), -0.5 * z_p.square())
         + at::matmul((mu * precision).transpose(1, 2), z_p);
}

}  // namespace vits::model
