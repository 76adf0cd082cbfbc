// One step of training taken apart, against the Python reference: feature maps, losses and the gradient of every
// parameter.
#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_step.h"
#include "vits/audio/spectrogram.h"
#include "vits/loss/adversarial_loss.h"
#include "vits/loss/generator_losses.h"

namespace vits::loss {
namespace {

using support::GoldenStep;
using support::Keep;

// |a - b| / |b| of all numbers together.
double distance(const at::Tensor& a, const at::Tensor& expected) {
  const auto exact = expected.to(at::kDouble);
  return (a.detach().to(at::kDouble) - exact).norm().item<double>() / std::max(exact.norm().item<double>(), 1e-30);
}

struct Worst {
  double error = 0;
  std::string name = "none";
  int count = 0;

  void look_at(const std::string& what, double found) {
    ++count;
    if (found > error || !std::isfinite(found)) {
      error = found;
      name = what;
    }
  }
};

void compare_maps(const GoldenStep& golden, const std::string& kind, const model::Judgement& judged, Worst& worst) {
  for (size_t judge = 0; judge < judged.scores.size(); ++judge) {
    const std::string number = kind + '.' + std::to_string(judge);
    worst.look_at("score." + number, distance(judged.scores[judge], golden.tensors.at("out.score." + number)));
    for (size_t layer = 0; layer < judged.maps[judge].size(); ++layer) {
      const std::string name = number + '.' + std::to_string(layer);
      const double norm = judged.maps[judge][layer].detach().to(at::kDouble).norm().item<double>();
      const double expected = golden.report.at("map_norms").at(name);
      worst.look_at("norm of map." + name, std::abs(norm / expected - 1));
      const auto whole = golden.tensors.find("out.map." + name);
      if (whole != golden.tensors.end())
        worst.look_at(whole->first, distance(judged.maps[judge][layer], whole->second));
    }
  }
}

// The reference names a weight-normed parameter X.original0 and X.original1.
std::string reference_name(std::string name) {
  const std::string long_form = "parametrizations.weight.original";
  if (const auto place = name.find(long_form); place != std::string::npos)
    name.replace(place, long_form.size(), "weight.original");
  return name;
}

// The issue asks for 1e-3. The stochastic duration predictor's splines amplify rounding: perturbing the reference's own
// inputs by half a unit in the last place moves its worst gradient by 3.5e-3. tests/model/duration_predictor_test.cpp
// compares it in double precision instead, to 1e-6.
double tolerance_of(const std::string& parameter) {
  return parameter.find(".duration_predictor.") != std::string::npos ? 1e-2 : 1e-3;
}

struct Gradients {
  Worst share_of_tolerance;
  Worst error;     // of those held to 1e-3
  int within = 0;  // parameters below 1e-3, whatever their tolerance
};

// Compares every gradient that the reference kept, and the norm of every one it names.
Gradients compare_gradients(const GoldenStep& golden, const torch::nn::Module& network, const std::string& prefix) {
  Gradients gradients;
  for (const auto& [name, parameter] : model::state_of(network)) {
    const std::string key = prefix + reference_name(name);
    if (!golden.report.at("grad_norms").contains(key)) continue;
    const double expected = golden.report.at("grad_norms").at(key);
    double error = INFINITY;
    if (parameter.grad().defined()) {
      const double norm = parameter.grad().to(at::kDouble).norm().item<double>();
      const auto whole = golden.tensors.find("grad." + key);
      error = whole != golden.tensors.end() ? distance(parameter.grad(), whole->second) : std::abs(norm / expected - 1);
      // A shift before a softmax has no gradient but rounding.
      if (expected < 1e-6) error = norm < 1e-5 ? 0 : INFINITY;
    }
    const double tolerance = tolerance_of(key);
    gradients.share_of_tolerance.look_at(key, error / tolerance);
    gradients.within += error < 1e-3;
    if (tolerance <= 1e-3) gradients.error.look_at(key, error);
  }
  return gradients;
}

void expect_reference_step(const support::NamedVoice& named, const GoldenStep& golden,
                           const std::filesystem::path& folder) {
  SCOPED_TRACE(named.name);
  support::Voice voice(folder);
  const model::VitsConfig& config = voice.config;
  model::add_training_weight_norm(voice.generator, voice.discriminators);
  const auto made = model::training_forward(voice.generator, golden.batch, golden.draws);

  // 1. The discriminators learn.
  const auto judged_real = voice.discriminators->forward(made.real);
  const auto judged_fake = voice.discriminators->forward(made.fake.detach());
  const auto judges = discriminator_loss(judged_real.scores, judged_fake.scores);
  (LossWeights().weight_disc * judges.total).backward();
  const Gradients judge_gradients = compare_gradients(golden, *voice.discriminators, "discriminator.");

  // 2. The same discriminators judge for the generator.
  for (auto& [name, parameter] : model::state_of(*voice.discriminators)) parameter.set_requires_grad(false);
  const auto judged = voice.discriminators->forward(made.fake);
  const auto real_magnitudes =
      model::cut(golden.batch.spectrogram, golden.draws.segment_starts, config.segment_size / config.hop_length);
  const auto losses =
      generator_losses({.real_mel = audio::log_mel(real_magnitudes, audio::mel_bank(config.sampling_rate)),
                        .fake_wave = made.fake,
                        .z_p = made.z_p,
                        .log_sigma_q = made.log_sigma_q,
                        .mu_p = made.mu_p,
                        .log_sigma_p = made.log_sigma_p,
                        .frame_mask = golden.batch.frame_mask,
                        .duration_loss = made.loss_duration,
                        .fake_scores = judged.scores,
                        .real_maps = judged_real.maps,
                        .fake_maps = judged.maps,
                        .shares = {}},
                       audio::mel_bank(config.sampling_rate), LossWeights());
  losses.total.backward();
  const Gradients gradients = compare_gradients(golden, *voice.generator, "generator.");

  Worst values;
  const std::map<std::string, at::Tensor> ours{
      {"mel", losses.mel},    {"kl", losses.kl},          {"duration", losses.duration},
      {"gen", losses.gen},    {"fmap", losses.fmap},      {"total", losses.total},
      {"disc", judges.total}, {"disc_real", judges.real}, {"disc_fake", judges.fake}};
  for (const auto& [name, value] : ours)
    values.look_at(name, std::abs(value.item<double>() / golden.report.at("losses").at(name).get<double>() - 1));
  Worst maps;
  compare_maps(golden, "real", judged_real, maps);
  compare_maps(golden, "fake", judged_fake, maps);

  EXPECT_LT(values.error, 1e-4) << values.name;
  EXPECT_LT(maps.error, 1e-4) << maps.name;
  for (const auto* side : {&judge_gradients, &gradients})
    EXPECT_LT(side->share_of_tolerance.error, 1.0) << side->share_of_tolerance.name;
  EXPECT_GE(judge_gradients.within + gradients.within, 30);
  const auto say = [&](const char* what, const Worst& worst) {
    std::printf("%s: %d %s, worst %.2e (%s)\n", named.name.c_str(), worst.count, what, worst.error, worst.name.c_str());
  };
  say("losses", values);
  say("scores and maps", maps);
  say("gradients of the discriminators", judge_gradients.error);
  say("gradients of the generator outside of the duration predictor", gradients.error);
  std::printf("%s: %d gradients in all within 1e-3, %d beyond\n", named.name.c_str(),
              judge_gradients.within + gradients.within,
              judge_gradients.share_of_tolerance.count + gradients.share_of_tolerance.count - judge_gradients.within
                  - gradients.within);
}

void expect_reference_step(const support::NamedVoice& named, Keep keep) {
  expect_reference_step(named, GoldenStep(named, keep), support::folder_of(named));
}

TEST(TrainingStep, LossesAndGradientsEqualTheReferenceWithOneSpeaker) {
  expect_reference_step(support::kSingleSpeaker, Keep::kEverything);
}

TEST(TrainingStep, LossesAndGradientsEqualTheReferenceWithFourSpeakersAndResblock2) {
  expect_reference_step(support::kFourSpeakers, Keep::kEverything);
}

TEST(TrainingStep, LossesAndGradientsEqualTheReferenceWithDeterministicDurations) {
  expect_reference_step(support::kDeterministic, Keep::kEverything);
}

TEST(TrainingStep, LossesAndGradientsEqualTheReferenceWithEveryUnusualChoice) {
  expect_reference_step(support::kUnusual, Keep::kEverything);
  expect_reference_step(support::kWideWindow, Keep::kEverything);
}

TEST(TrainingStep, LossesAndGradientsEqualTheReferenceAtMmsSizeSlow) {
  expect_reference_step(support::kMms, Keep::kSmall);
}

}  // namespace
}  // namespace vits::loss
