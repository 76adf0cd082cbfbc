#include "vits/train/spoken_samples.h"

#include <ATen/ATen.h>

#include "vits/audio/spectrogram.h"
#include "vits/base/error.h"
#include "vits/train/step_batch.h"
#include "vits/voice/voice.h"
#include "without_dropout.h"

namespace vits::train {

namespace {

constexpr size_t kClips = 2;
constexpr int64_t kSampleSeed = 7;  // the same draws at every step, so that two samples differ by the voice alone

std::span<const float> numbers(const at::Tensor& contiguous) {
  return {contiguous.const_data_ptr<float>(), static_cast<size_t>(contiguous.numel())};
}

// [rows, columns]
report::Heatmap heatmap(const at::Tensor& map) {
  const auto values = map.to(at::kCPU, at::kFloat).contiguous();
  const auto span = numbers(values);
  return {.rows = values.size(0), .columns = values.size(1), .values = {span.begin(), span.end()}};
}

}  // namespace

SpokenSamples::SpokenSamples(const Session& session, std::vector<std::string> texts) : texts_(std::move(texts)) {
  const auto& store = *session.store;
  auto clips = store.validation();
  if (clips.empty()) clips = store.training();
  clips.resize(std::min(clips.size(), kClips));
  clips_ = clips;
  const bool own = !texts_.empty();
  if (!own)
    for (const int64_t clip : clips_) texts_.push_back(store.clips()[static_cast<size_t>(clip)].text);
  for (const std::string& text : texts_)
    if (session.tokenizer->encode(text).spoken.empty())
      throw Error("--sample_text \"{}\": the voice can speak none of its characters. Give a text in its script.", text);
}

void SpokenSamples::speak(const Session& session, report::RunReport& report, int64_t step) const {
  const voice::Voice voice(voice_now(session), {.device = session.learner->device().is_cuda() ? "cuda" : "cpu"});
  auto how = voice.usual_options();
  how.seed = kSampleSeed;
  for (size_t i = 0; i < texts_.size(); ++i) {
    const auto spoken = voice.speak(texts_[i], how);
    report.sound(step, fmt::format("samples/sentence_{}", i + 1), spoken.samples, voice.sample_rate_hz());
    if (step == 0) report.text(step, fmt::format("samples/sentence_{}", i + 1), texts_[i]);
  }
  for (size_t i = 0; i < clips_.size(); ++i) show_clip(session, report, step, clips_[i], i + 1);
}

void SpokenSamples::show_clip(const Session& session, report::RunReport& report, int64_t step, int64_t clip,
                              size_t number) const {
  const at::NoGradGuard no_grad;
  Learner& learner = *session.learner;
  const Learner::Averaged averaged(learner);
  auto& generator = learner.networks().generator;
  const WithoutDropout quiet(*generator);
  data::Loader loader(*session.store, learner.device(), {.data_on_gpu = "false"});
  loader.begin({{clip}});
  const auto loaded = loader.next();
  const auto [batch, draws, real_mel] =
      step_batch(*loaded, session.store->target(), generator->config(), learner.mel_bank(), kSampleSeed, clip);
  const auto made = model::training_forward(generator, batch, draws, learner.half());
  const auto again = generator->decoder->forward(made.z, generator->speaker(batch.speaker_ids));  // [1, 1, S]

  const std::string name = fmt::format("clip_{}", number);
  const int64_t rate = session.store->target().sample_rate_hz;
  const auto mel = audio::log_mel(batch.spectrogram, learner.mel_bank())[0];  // [M, F]
  const auto wave = again.squeeze(1).to(at::kFloat);
  report.image(step, "alignment/" + name, heatmap(made.path[0]));
  report.image(step, "spectrogram/" + name + "_made",
               heatmap(audio::log_mel(audio::spectrogram(wave), learner.mel_bank())[0]));
  report.sound(step, "samples/" + name + "_made", numbers(wave.to(at::kCPU).contiguous()), rate);
  if (step > 0) return;
  report.image(step, "spectrogram/" + name + "_recorded", heatmap(mel));
  report.sound(step, "samples/" + name + "_recorded", numbers(batch.waveform.to(at::kCPU).contiguous()), rate);
}

}  // namespace vits::train
