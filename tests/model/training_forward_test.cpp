#include "vits/model/training_forward.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include "support/golden_step.h"

namespace vits::model {
namespace {

using support::relative_difference;

void expect_reference_synthesis(const support::NamedVoice& named, support::Keep keep) {
  SCOPED_TRACE(named.name);
  support::Voice voice(named);
  add_training_weight_norm(voice.generator, voice.discriminators);
  const support::GoldenStep golden(named, keep);
  const Synthesis made = training_forward(voice.generator, golden.batch, golden.draws);
  const std::map<std::string, at::Tensor> ours{{"hidden", made.hidden},
                                               {"mu_p_text", made.mu_p_text},
                                               {"log_sigma_p_text", made.log_sigma_p_text},
                                               {"mu_q", made.mu_q},
                                               {"log_sigma_q", made.log_sigma_q},
                                               {"z", made.z},
                                               {"z_p", made.z_p},
                                               {"score", made.score},
                                               {"path", made.path},
                                               {"durations", made.durations},
                                               {"mu_p", made.mu_p},
                                               {"log_sigma_p", made.log_sigma_p},
                                               {"z_slice", made.z_slice},
                                               {"fake", made.fake},
                                               {"loss_duration", made.loss_duration}};
  double worst = 0;
  for (const auto& [name, tensor] : ours) {
    const double error = relative_difference(tensor, golden.tensors.at("out." + name));
    EXPECT_LT(error, 1e-4) << name;
    worst = std::max(worst, error);
  }
  EXPECT_TRUE(at::equal(made.path, golden.tensors.at("out.path")));
  std::printf("%s: %zu intermediates within %.2e (relative) of the reference\n", named.name.c_str(), ours.size(),
              worst);
}

TEST(TrainingForward, EveryIntermediateEqualsTheReference) {
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers, &support::kDeterministic,
                            &support::kUnusual, &support::kWideWindow})
    expect_reference_synthesis(*named, support::Keep::kEverything);
}

TEST(TrainingForward, EveryIntermediateEqualsTheReferenceAtMmsSizeSlow) {
  expect_reference_synthesis(support::kMms, support::Keep::kSmall);
}

TEST(TrainingForward, CutsTheRecordingWhereItCutsTheLatent) {
  support::Voice voice(support::kSingleSpeaker);
  const support::GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  const at::NoGradGuard no_grad;
  const Synthesis made = training_forward(voice.generator, golden.batch, golden.draws);
  for (int64_t row = 0; row < made.real.size(0); ++row) {
    const int64_t start = golden.draws.segment_starts[row].item<int64_t>();
    EXPECT_TRUE(at::equal(made.real[row], golden.batch.waveform[row].narrow(1, start * 256, 8192)));
    EXPECT_TRUE(at::equal(made.z_slice[row], made.z[row].narrow(1, start, 32)));
  }
}

TEST(TrainingForward, HalfPrecisionStaysNearAndGivesFloat32) {
  support::Voice voice(support::kFourSpeakers);
  const support::GoldenStep golden(support::kFourSpeakers, support::Keep::kEverything);
  const Synthesis made = training_forward(voice.generator, golden.batch, golden.draws, at::kBFloat16);
  for (const auto& tensor : {made.hidden, made.mu_q, made.z_p, made.fake, made.loss_duration})
    EXPECT_EQ(tensor.scalar_type(), at::kFloat);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  const double error = relative_difference(made.mu_q, golden.tensors.at("out.mu_q"));
  EXPECT_LT(error, 0.05);
  EXPECT_GT(error, 1e-4);  // or it did not run in half precision
  made.fake.sum().backward();
  EXPECT_TRUE(state_of(*voice.generator).at("decoder.conv_pre.weight").grad().isfinite().all().item<bool>());
}

TEST(Draw, StartsUniformlyWhereverAWholeSliceFits) {
  const support::GoldenStep golden(support::kSingleSpeaker, support::Keep::kEverything);
  TrainingBatch batch = golden.batch;
  const int64_t rows = 3000;
  batch.token_ids = batch.token_ids.narrow(0, 0, 1).expand({rows, -1});
  batch.spectrogram = batch.spectrogram.narrow(0, 0, 1).expand({rows, -1, -1});
  batch.token_lengths = at::full({rows}, batch.token_ids.size(1), at::kLong);
  batch.frame_lengths = at::full({rows}, 34, at::kLong);  // three places for 32 frames
  batch.frame_lengths[0] = 32;
  batch.add_masks();
  VitsConfig config = support::Voice(support::kSingleSpeaker).config;
  config.flow_size = 2;
  const Draws draws = draw(batch, config, at::make_generator<at::CPUGeneratorImpl>(1));
  EXPECT_EQ(draws.segment_starts[0].item<int64_t>(), 0);
  const auto counts = at::bincount(draws.segment_starts.narrow(0, 1, rows - 1));
  ASSERT_EQ(counts.numel(), 3);
  EXPECT_GT(counts.min().item<int64_t>(), 900);
  EXPECT_NEAR(draws.posterior.std().item<double>(), 1.0, 0.02);
  EXPECT_EQ(draws.duration.sizes(), at::IntArrayRef({rows, 2, batch.token_ids.size(1)}));
  const Draws again = draw(batch, config, at::make_generator<at::CPUGeneratorImpl>(1));
  EXPECT_TRUE(at::equal(draws.posterior, again.posterior));
}

}  // namespace
}  // namespace vits::model
