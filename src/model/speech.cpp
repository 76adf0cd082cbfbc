#include "vits/model/speech.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <vector>

#include "vits/base/error.h"
#include "vits/base/shape.h"
#include "vits/model/masks.h"

namespace vits::model {

namespace {

constexpr int64_t kMostFrames = 360'000;  // an hour at a hundred frames a second

// `given`, or fresh numbers laid out in memory as transformers has them: the values depend on that.
at::Tensor normal_or(const at::Tensor& given, at::IntArrayRef sizes_in_memory, const std::optional<at::Generator>& from,
                     const at::Device& device, bool swap_last_two) {
  if (given.defined()) return given.to(device);
  auto drawn = at::empty(sizes_in_memory, at::kFloat);
  if (swap_last_two) drawn = drawn.transpose(1, 2);
  return drawn.normal_(0, 1, from).to(device);
}

}  // namespace

Speech speak(Generator& generator, const SpeechRequest& request) {
  const at::NoGradGuard no_grad;
  base::check_shape(request.token_ids, "B T", "speech request's token ids");
  const int64_t rows = request.token_ids.size(0), tokens = request.token_ids.size(1);
  const auto device = request.token_ids.device();

  const auto token_mask = request.token_lengths.defined() ? length_mask(request.token_lengths.to(device), tokens)
                                                          : at::ones({rows, 1, tokens}, at::device(device));
  const auto speaker = generator->speaker(request.speaker_ids);
  const EncodedText text = generator->text_encoder->forward(request.token_ids, token_mask);

  at::Tensor duration_noise;
  if (generator->config().use_stochastic_duration_prediction)
    duration_noise = normal_or(request.duration_noise, {rows, 2, tokens}, request.generator, device, false)
                     * request.noise_scale_duration;
  const auto log_durations =
      generator->duration_predictor->log_durations(text.hidden, token_mask, speaker, duration_noise);
  const auto durations = frames_of(log_durations, token_mask, request.speaking_rate);

  const Prior prior = stretch(text, durations);
  const int64_t channels = prior.mu.size(1), frames = prior.mu.size(2);
  const auto noise =
      normal_or(request.prior_noise, {rows, frames, channels}, request.generator, device, true).narrow(2, 0, frames);
  const auto z_p = prior.mu + noise * prior.log_sigma.exp() * request.noise_scale;
  const auto latent = generator->flow->inverse(z_p, prior.frame_mask, speaker) * prior.frame_mask;

  return {decode(generator, latent, prior.frame_lengths, speaker),
          prior.frame_lengths * generator->config().samples_per_frame(), durations, latent};
}

at::Tensor frames_of(const at::Tensor& log_durations, const at::Tensor& token_mask, double speaking_rate) {
  return (log_durations.exp() * token_mask * (1.0 / speaking_rate)).ceil();
}

Prior stretch(const EncodedText& text, const at::Tensor& durations) {
  base::check_shape(durations, "B 1 T", "durations");
  const auto ends = durations.squeeze(1).cumsum(1);  // [B, T] the frame at which a token has ended
  const double longest = ends.max().item<double>();
  if (!(longest <= kMostFrames))
    throw Error(
        "The model predicts {} frames of speech for one text. Its weights are damaged, or do not belong to its "
        "config.json; `vits-train verify` looks closer.",
        longest);
  const int64_t frames = std::max<int64_t>(1, static_cast<int64_t>(longest));
  const auto sounding = ends.select(1, ends.size(1) - 1).to(at::kLong);  // [B]
  const auto frame_lengths = sounding.clamp_min(1);

  const auto frame = at::arange(frames, ends.options()).expand({ends.size(0), frames}).contiguous();
  const auto token = at::searchsorted(ends.contiguous(), frame, false, /*right=*/true)  // tokens that have ended
                         .clamp_max(ends.size(1) - 1)
                         .unsqueeze(1);  // [B, 1, F]
  const auto has_token = length_mask(sounding, frames);
  const auto along = [&](const at::Tensor& of_token) {
    return of_token.gather(2, token.expand({-1, of_token.size(1), -1})) * has_token;
  };
  return {along(text.mu_p), along(text.log_sigma_p), length_mask(frame_lengths, frames), frame_lengths};
}

at::Tensor decode(Generator& generator, const at::Tensor& latent, const at::Tensor& frame_lengths,
                  const at::Tensor& speaker) {
  base::check_shape(latent, "B C F", "decoder input");
  const auto lengths = frame_lengths.to(at::kCPU);
  std::map<int64_t, std::vector<int64_t>> rows_of_length;
  for (int64_t row = 0; row < latent.size(0); ++row) rows_of_length[lengths[row].item<int64_t>()].push_back(row);

  if (rows_of_length.begin()->first == latent.size(2)) return generator->decoder->forward(latent, speaker).squeeze(1);
  auto waveform =
      at::zeros({latent.size(0), latent.size(2) * generator->config().samples_per_frame()}, latent.options());
  for (const auto& [frames, rows] : rows_of_length) {
    const auto chosen = at::tensor(rows, at::kLong).to(latent.device());
    const auto sound = generator->decoder->forward(latent.index_select(0, chosen).narrow(2, 0, frames),
                                                   speaker.defined() ? speaker.index_select(0, chosen) : at::Tensor());
    waveform.narrow(1, 0, sound.size(2)).index_copy_(0, chosen, sound.squeeze(1));
  }
  return waveform;
}

}  // namespace vits::model
