#include "vits/model/decoder.h"

#include <gtest/gtest.h>

#include "sound_example.h"

namespace vits::model {
namespace {

using support::difference;
using support::SoundExample;

TEST(Decoder, EqualsTransformers) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    EXPECT_LT(difference(example.voice.generator->decoder.ptr()->forward(example("in.z"), example.speaker()),
                         example("audio")),
              1e-5);
  }
}

TEST(Decoder, EqualsTransformersUnderWeightNorm) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    auto decoder = example.voice.generator->decoder;
    decoder->add_weight_norm();
    for (auto& [name, parameter] : state_of(*decoder))
      if (name.ends_with("original0")) at::Tensor(parameter).mul_(1.25);
    EXPECT_LT(difference(decoder->forward(example("in.z"), example.speaker()), example("trained.audio")), 1e-5);
    decoder->fold_weight_norm();
    EXPECT_LT(difference(decoder->forward(example("in.z"), example.speaker()), example("trained.audio")), 1e-5);
  }
}

TEST(Decoder, OneRowIsItsRowInABatchOfEight) {
  const at::NoGradGuard no_grad;
  at::manual_seed(3);
  support::Voice voice(support::kFourSpeakers);
  auto decoder = voice.generator->decoder;
  const auto z = at::randn({8, voice.config.flow_size, 12});
  const auto speaker = at::randn({8, voice.config.speaker_embedding_size, 1});
  const auto together = decoder->forward(z, speaker);
  ASSERT_EQ(together.sizes(), at::IntArrayRef({8, 1, 12 * voice.config.hop_length}));
  for (int64_t row = 0; row < 8; ++row)
    EXPECT_LT(difference(decoder->forward(z.narrow(0, row, 1), speaker.narrow(0, row, 1)), together.narrow(0, row, 1)),
              1e-5);
}

TEST(Decoder, HasAGradientForEveryParameterAndItIsTheNumericOneWhereTried) {
  at::manual_seed(4);
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers}) {
    SCOPED_TRACE(named->name);
    support::Voice voice(*named);
    auto decoder = voice.generator->decoder;
    decoder->add_weight_norm();
    decoder->to(at::kDouble);
    const auto z = at::randn({1, voice.config.flow_size, 3}, at::kDouble);
    const auto speaker = voice.config.has_speakers()
                             ? at::randn({1, voice.config.speaker_embedding_size, 1}, at::kDouble)
                             : at::Tensor();
    const auto energy = [&] { return decoder->forward(z, speaker).square().sum(); };
    energy().backward();
    int place = 0;
    for (auto& [name, found] : state_of(*decoder)) {
      at::Tensor parameter = found;
      ASSERT_TRUE(parameter.grad().defined()) << name;
      if (place++ % 11 != 0) continue;  // two passes each
      const at::NoGradGuard no_grad;
      const double step = 1e-6;
      const auto one = parameter.view(-1)[0];
      one.add_(step);
      const double above = energy().item<double>();
      one.sub_(2 * step);
      const double below = energy().item<double>();
      one.add_(step);
      const double expected = (above - below) / (2 * step), actual = parameter.grad().reshape(-1)[0].item<double>();
      EXPECT_NEAR(actual, expected, 1e-5 * (1 + std::abs(expected))) << name;
    }
  }
}

}  // namespace
}  // namespace vits::model
