#include "vits/model/training_forward.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>
#include <set>

#include "vits/base/shape.h"
#include "vits/model/autocast.h"
#include "vits/model/best_path.h"
#include "vits/model/finished_layer.h"
#include "vits/model/masks.h"
#include "vits/model/recompute.h"

namespace vits::model {

namespace {

void check_batch(const TrainingBatch& batch, const Draws& draws) {
  base::check_shape(batch.token_ids, "B T", "training batch's token ids");
  base::check_shape(batch.token_mask, "B 1 T", "training batch's token mask");
  base::check_shape(batch.spectrogram, "B K F", "training batch's spectrogram");
  base::check_shape(batch.frame_mask, "B 1 F", "training batch's frame mask");
  base::check_shape(batch.waveform, "B 1 S", "training batch's waveform");
  base::check_shape(draws.posterior, "B C F", "posterior noise");
  base::check_shape(draws.segment_starts, "B", "segment starts");
}

// What the part computes with and takes a gradient: its parameters, but of layers with finished weights those alone.
// They are made of the parameters, which must not be asked for beside them.
std::vector<at::Tensor> trained(torch::nn::Module& part) {
  std::vector<at::Tensor> all, tensors;
  std::set<const c10::TensorImpl*> replaced;
  for (const FinishedLayer* layer : finished_layers_of(part)) {
    if (layer->kept().empty()) continue;
    for (const RawWeight& weight : layer->raw_weights())
      for (const at::Tensor& parameter : {weight.direction, weight.length})
        if (parameter.defined()) replaced.insert(parameter.unsafeGetTensorImpl());
    for (const at::Tensor& finished : layer->kept())
      if (finished.defined()) all.push_back(finished);
  }
  for (const at::Tensor& parameter : part.parameters())
    if (!replaced.contains(parameter.unsafeGetTensorImpl())) all.push_back(parameter);
  for (const at::Tensor& tensor : all)
    if (tensor.requires_grad()) tensors.push_back(tensor);
  return tensors;
}

// Runs a part of the generator in mixed precision; its results are float32.
template <class Part, class Run>
std::vector<at::Tensor> pass(Part part, const std::vector<at::Tensor>& inputs, std::optional<c10::ScalarType> half,
                             Keeps keeps, Run run) {
  const Piece piece = [part, half, run](const std::vector<at::Tensor>& in) {
    const Autocast region(in.front().device().type(), half);
    std::vector<at::Tensor> results = run(part, in);
    for (at::Tensor& result : results) result = result.to(at::kFloat);
    return results;
  };
  return keeps == Keeps::kAll ? piece(inputs) : recomputed(piece, inputs, trained(*part));
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
                           std::optional<c10::ScalarType> half, Keeps keeps, const PhaseMark& mark) {
  check_batch(batch, draws);
  const VitsConfig& config = generator->config();
  const int64_t segment_frames = config.segment_size / config.hop_length;
  const auto speaker = generator->speaker(batch.speaker_ids);  // [B, E, 1]
  Synthesis made;

  using Tensors = std::vector<at::Tensor>;
  const auto text = pass(generator->text_encoder, {batch.token_ids, batch.token_mask}, half, keeps,
                         [](TextEncoder encoder, const Tensors& in) -> Tensors {
                           const EncodedText encoded = encoder->forward(in[0], in[1]);
                           return {encoded.hidden, encoded.mu_p, encoded.log_sigma_p};
                         });
  made.hidden = text[0];
  made.mu_p_text = text[1];
  made.log_sigma_p_text = text[2];
  mark("voice_forward/text_encoder");
  const auto posterior = pass(generator->posterior_encoder, {batch.spectrogram, batch.frame_mask, speaker}, half, keeps,
                              [](PosteriorEncoder encoder, const Tensors& in) -> Tensors {
                                const Posterior encoded = encoder->forward(in[0], in[1], in[2]);
                                return {encoded.mu_q, encoded.log_sigma_q};
                              });
  made.mu_q = posterior[0];
  made.log_sigma_q = posterior[1];
  mark("voice_forward/posterior_encoder");
  made.z = (made.mu_q + draws.posterior * made.log_sigma_q.exp()) * batch.frame_mask;
  made.z_p = pass(generator->flow, {made.z, batch.frame_mask, speaker}, half, keeps,
                  [](Flow flow, const Tensors& in) { return Tensors{flow->forward(in[0], in[1], in[2])}; })[0];
  mark("voice_forward/flow");

  {
    const at::NoGradGuard no_grad;
    made.score = log_likelihood(made.z_p, made.mu_p_text, made.log_sigma_p_text);
    made.path = best_path(made.score, batch.token_lengths, batch.frame_lengths);
    made.durations = made.path.sum(2).unsqueeze(1);
  }
  mark("voice_forward/alignment");
  made.duration_loss_per_clip =
      generator->duration_predictor->loss(made.hidden, batch.token_mask, made.durations, speaker, draws.duration);
  made.loss_duration = made.duration_loss_per_clip.sum() / batch.token_mask.sum();
  mark("voice_forward/duration_predictor");
  made.mu_p = at::matmul(made.mu_p_text, made.path);
  made.log_sigma_p = at::matmul(made.log_sigma_p_text, made.path);
  mark("voice_forward/alignment");

  made.z_slice = cut(made.z, draws.segment_starts, segment_frames);
  made.fake = pass(generator->decoder, {made.z_slice, speaker}, half, keeps,
                   [](Decoder decoder, const Tensors& in) { return Tensors{decoder->forward(in[0], in[1])}; })[0];
  mark("voice_forward/decoder");
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
