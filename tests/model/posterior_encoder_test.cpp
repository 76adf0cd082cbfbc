#include "vits/model/posterior_encoder.h"

#include <gtest/gtest.h>

#include "sound_example.h"

namespace vits::model {
namespace {

using support::relative_difference;
using support::SoundExample;

TEST(WaveNet, EqualsTransformers) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    WaveNet wavenet(example.voice.config, example.voice.config.posterior_encoder_num_wavenet_layers);
    const auto trained = state_of(*example.voice.generator);
    for (auto& [name, parameter] : state_of(*wavenet)) {
      at::Tensor ours = parameter;
      ours.copy_(trained.at("posterior_encoder.wavenet." + name));
    }
    const auto out = wavenet->forward(example("in.hidden"), example("in.frame_mask"), example.speaker());
    EXPECT_LT(relative_difference(out, example("wavenet")), 1e-5);
  }
}

TEST(WaveNet, DropsOutInTrainingAlone) {
  const at::NoGradGuard no_grad;
  VitsConfig config = support::Voice(support::kSingleSpeaker).config;
  config.wavenet_dropout = 0.5;
  WaveNet wavenet(config, 3);
  const auto x = at::randn({1, config.hidden_size, 20}), mask = at::ones({1, 1, 20});
  EXPECT_FALSE(wavenet->forward(x, mask).equal(wavenet->forward(x, mask)));
  wavenet->eval();
  EXPECT_TRUE(wavenet->forward(x, mask).equal(wavenet->forward(x, mask)));
}

TEST(PosteriorEncoder, EqualsTransformers) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    const auto posterior = example.voice.generator->posterior_encoder.ptr()->forward(
        example("in.spectrogram"), example("in.frame_mask"), example.speaker());
    EXPECT_LT(relative_difference(posterior.mu_q, example("mu_q")), 1e-5);
    EXPECT_LT(relative_difference(posterior.log_sigma_q, example("log_sigma_q")), 1e-5);
  }
}

TEST(PosteriorEncoder, PaddingAndTheRestOfTheBatchChangeNothing) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    auto encoder = example.voice.generator->posterior_encoder;
    const auto together = encoder->forward(example("in.spectrogram"), example("in.frame_mask"), example.speaker());
    for (int64_t row = 0; row < 3; ++row) {
      const int64_t frames = example.frames(row);
      const auto alone = encoder->forward(example("in.spectrogram").narrow(0, row, 1).narrow(2, 0, frames),
                                          at::ones({1, 1, frames}), example.speaker(row));
      EXPECT_LT(relative_difference(together.mu_q.narrow(0, row, 1).narrow(2, 0, frames), alone.mu_q), 1e-5);
      EXPECT_LT(relative_difference(together.log_sigma_q.narrow(0, row, 1).narrow(2, 0, frames), alone.log_sigma_q),
                1e-5);
      EXPECT_EQ(together.mu_q[row].narrow(1, frames, 23 - frames).count_nonzero().item<int64_t>(), 0);
    }
  }
}

}  // namespace
}  // namespace vits::model
