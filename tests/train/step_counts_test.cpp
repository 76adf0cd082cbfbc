// What a step asks of LibTorch, held against the figures that README.md promises. The counts follow from how many
// layers a voice has and not from their width, so a narrow voice as deep as MMS's tells them.
#include <ATen/ATen.h>
#include <ATen/Version.h>
#include <gtest/gtest.h>

#include "operator_count.h"
#include "support/threads.h"
#include "vits/audio/spectrogram.h"
#include "vits/model/weights.h"
#include "vits/train/learner.h"

namespace vits::train {
namespace {

model::VitsConfig narrow_and_deep() {
  model::VitsConfig config;
  config.hidden_size = config.flow_size = 16;
  config.ffn_dim = 32;
  config.upsample_initial_channel = 32;
  config.discriminator_period_channels = {1, 4, 8, 8, 16};
  config.discriminator_scale_channels = {1, 4, 16, 64, 256};
  config.hidden_dropout = config.attention_dropout = config.activation_dropout = 0;
  config.duration_predictor_dropout = 0;
  return config;
}

model::TrainingBatch random_batch(const model::VitsConfig& config) {
  constexpr int64_t kClips = 2, kTokens = 20, kFrames = 48;
  model::TrainingBatch batch;
  batch.token_ids = at::randint(config.vocab_size, {kClips, kTokens}, at::kLong);
  batch.token_lengths = at::tensor({kTokens, kTokens - 5}, at::kLong);
  batch.spectrogram = at::rand({kClips, config.spectrogram_bins, kFrames});
  batch.frame_lengths = at::tensor({kFrames, kFrames - 9}, at::kLong);
  batch.waveform = at::rand({kClips, 1, kFrames * config.hop_length}) - 0.5;
  batch.add_masks();
  return batch;
}

OperatorCounts counts_of_step(std::optional<c10::ScalarType> half) {
  const support::Threads two(2);  // by one thread LibTorch takes other convolutions, whose own steps would be counted
  at::manual_seed(1);
  const model::VitsConfig config = narrow_and_deep();
  model::Generator generator(config);
  model::Discriminators discriminators(config);
  model::add_training_weight_norm(generator, discriminators);
  LearnerSettings settings;
  settings.half = half;
  Learner learner({generator, discriminators}, settings);
  const model::TrainingBatch batch = random_batch(config);
  const model::Draws draws = model::draw(batch, config);
  const auto real_mel = audio::log_mel(
      model::cut(batch.spectrogram, draws.segment_starts, config.segment_size / config.hop_length), learner.mel_bank());
  const auto step = [&] { learner.learn(batch, draws, real_mel, {}, Learns::kBoth, {2e-5, 2e-5}); };
  step();  // buffers are made once
  const OperatorCount counting;
  step();
  return counting.counts();
}

TEST(StepCounts, AreThoseThatTheReadmePromises) {
  const OperatorCounts counts = counts_of_step({});
  EXPECT_LE(counts.kernels, 2500);
  EXPECT_EQ(counts.waits, 0);
}

TEST(StepCounts, OfHalfPrecisionCastLittle) {
  if (at::get_cpu_capability() != "AVX512")
    GTEST_SKIP() << "on this processor LibTorch makes thousands of products of one convolution in bfloat16";
  const OperatorCounts counts = counts_of_step(at::kBFloat16);
  EXPECT_LE(counts.kernels, 2700);  // the CPU alone: weights are brought into oneDNN's order and their gradients back
  EXPECT_LE(counts.casts, 150);
  EXPECT_GE(counts.casts, 20);  // it is half precision
  EXPECT_EQ(counts.waits, 0);
}

}  // namespace
}  // namespace vits::train
