#include "vits/model/flow.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "sound_example.h"

namespace vits::model {
namespace {

using support::difference;
using support::relative_difference;
using support::SoundExample;

TEST(Flow, EqualsTransformersBothWays) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    auto flow = example.voice.generator->flow;
    const auto there = flow->forward(example("in.z"), example("in.frame_mask"), example.speaker());
    const auto back = flow->inverse(example("in.z"), example("in.frame_mask"), example.speaker());
    EXPECT_LT(relative_difference(there, example("z_p")), 1e-5);
    EXPECT_LT(relative_difference(back, example("z_back")), 1e-5);
  }
}

TEST(Flow, ThenInverseIsTheIdentity) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    auto flow = example.voice.generator->flow;
    const auto& z = example("in.z");
    const auto z_p = flow->forward(z, example("in.frame_mask"), example.speaker());
    EXPECT_GT(difference(z_p, z), 0.1);
    EXPECT_LT(difference(flow->inverse(z_p, example("in.frame_mask"), example.speaker()), z), 1e-4);
  }
}

TEST(Flow, KeepsVolume) {
  support::Voice voice(support::kSingleSpeaker);
  auto flow = voice.generator->flow;
  flow->to(at::kDouble);
  const int64_t channels = voice.config.flow_size, frames = 2;
  const auto z = at::randn({1, channels, frames}, at::kDouble).set_requires_grad(true);
  const auto z_p = flow->forward(z, at::ones({1, 1, frames}, at::kDouble)).flatten();
  std::vector<at::Tensor> rows;
  for (int64_t place = 0; place < z_p.numel(); ++place)
    rows.push_back(torch::autograd::grad({z_p[place]}, {z}, {}, /*retain_graph=*/true)[0].flatten());
  EXPECT_NEAR(std::get<1>(at::linalg_slogdet(at::stack(rows))).item<double>(), 0.0, 1e-9);
}

TEST(Flow, PaddingAndTheRestOfTheBatchChangeNothing) {
  const at::NoGradGuard no_grad;
  for (const auto* named : support::kSoundVoices) {
    SCOPED_TRACE(named->name);
    const SoundExample example(*named);
    auto flow = example.voice.generator->flow;
    const auto together = flow->forward(example("in.z"), example("in.frame_mask"), example.speaker());
    for (int64_t row = 0; row < 3; ++row) {
      const int64_t frames = example.frames(row);
      const auto alone = flow->forward(example("in.z").narrow(0, row, 1).narrow(2, 0, frames), at::ones({1, 1, frames}),
                                       example.speaker(row));
      EXPECT_LT(relative_difference(together.narrow(0, row, 1).narrow(2, 0, frames), alone), 1e-5);
      EXPECT_EQ(together[row].narrow(1, frames, 23 - frames).count_nonzero().item<int64_t>(), 0);
    }
  }
}

}  // namespace
}  // namespace vits::model
