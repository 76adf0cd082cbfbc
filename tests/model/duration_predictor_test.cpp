#include "vits/model/duration_predictor.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "stochastic_duration.h"
#include "support/voices.h"
#include "vits/model/masks.h"

namespace vits::model {
namespace {

using support::difference;

struct Example {
  at::Tensor hidden, token_mask, durations, speaker, noise;
};

Example example(const VitsConfig& config, int64_t rows = 3, int64_t tokens = 17) {
  at::manual_seed(5);
  const auto mask = length_mask(at::tensor({17, 6, 11}, at::kLong).narrow(0, 0, rows), tokens);
  return {at::randn({rows, config.hidden_size, tokens}) * mask, mask,
          at::randint(1, 9, {rows, 1, tokens}).to(at::kFloat) * mask,
          config.has_speakers() ? at::randn({rows, config.speaker_embedding_size, 1}) : at::Tensor(),
          at::randn({rows, 2, tokens})};
}

// In double precision, where the two agree to the last digits; single precision is compared in tests/loss.
TEST(DurationPredictor, LossAndEveryGradientEqualTheReference) {
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers, &support::kDeterministic,
                            &support::kUnusual, &support::kWideWindow}) {
    SCOPED_TRACE(named->name);
    const auto folder = support::reference_data("duration_" + named->name, "tests/model/duration_reference.py",
                                                {"--model", support::folder_of(*named).string()});
    const auto expected = support::read_tensors(folder / "duration.safetensors");
    const auto speaker = expected.find("speaker");
    support::Voice voice(*named);
    auto& predictor = *voice.generator->duration_predictor;
    predictor.to(at::kDouble);
    const auto& mask = expected.at("token_mask");
    const auto loss = predictor
                          .loss(expected.at("hidden"), mask, expected.at("durations"),
                                speaker == expected.end() ? at::Tensor() : speaker->second, expected.at("noise"))
                          .sum()
                      / mask.sum();
    EXPECT_LT(support::relative_difference(loss, expected.at("loss")), 1e-8);
    loss.backward();
    int compared = 0;
    for (const auto& [name, parameter] : state_of(predictor)) {
      const auto gradient = expected.find("grad." + name);
      EXPECT_EQ(gradient != expected.end(), parameter.grad().defined()) << name;
      if (gradient == expected.end()) continue;
      const double size = gradient->second.norm().item<double>();
      EXPECT_LT((parameter.grad() - gradient->second).norm().item<double>(), 1e-6 * size + 1e-9) << name;
      ++compared;
    }
    EXPECT_GE(compared, 10);
  }
}

TEST(StochasticDurationPredictor, SpeakingUndoesTheFlowsOfTraining) {
  const at::NoGradGuard no_grad;
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers}) {
    support::Voice voice(*named);
    const Example given = example(voice.config);
    DurationFlows flows(voice.config);
    auto parameters = state_of(*flows);
    const auto trained = state_of(*voice.generator);
    for (auto& [name, parameter] : parameters) parameter.copy_(trained.at("duration_predictor.flows." + name));

    const auto log_durations = (given.durations.clamp_min(1).log() - 0.3) * given.token_mask;
    const auto x = at::cat({log_durations, at::randn_like(log_durations) * given.token_mask}, 1);
    const auto there = flows->forward(x, given.token_mask, given.hidden);
    // The second channel, a helper of training, is not brought back: see DurationFlows::inverse.
    const auto back = flows->inverse(there.pair.joined(), given.token_mask, given.hidden);
    EXPECT_LT(difference(back.narrow(1, 0, 1), log_durations), 1e-4);
  }
}

TEST(SplineCoupling, InverseUndoesItAndItsDeterminantIsThatOfTheJacobian) {
  support::Voice voice(support::kSingleSpeaker);
  SplineCoupling coupling(voice.config);
  coupling->to(at::kDouble);
  const Example given = example(voice.config, 1, 5);
  const auto mask = at::ones({1, 1, 5}, at::kDouble), text = given.hidden.to(at::kDouble).narrow(2, 0, 5);
  const auto x = at::randn({1, 2, 5}, at::kDouble).set_requires_grad(true);
  const Moved moved = coupling->forward({x.narrow(1, 0, 1), x.narrow(1, 1, 1)}, mask, text);
  {
    const at::NoGradGuard no_grad;
    EXPECT_LT(difference(coupling->inverse(moved.pair, mask, text).joined(), x), 1e-8);
  }

  std::vector<at::Tensor> rows;
  // The channels at the places where they came in.
  const auto flat = ChannelPair{moved.pair.second, moved.pair.first}.joined().flatten();
  for (int64_t place = 0; place < flat.numel(); ++place)
    rows.push_back(torch::autograd::grad({flat[place]}, {x}, {}, /*retain_graph=*/true)[0].flatten());
  EXPECT_NEAR(at::stack(rows).logdet().item<double>(), moved.log_determinant.item<double>(), 1e-8);
}

TEST(DurationPredictor, PaddingChangesNothing) {
  const at::NoGradGuard no_grad;
  for (const auto* named : {&support::kSingleSpeaker, &support::kFourSpeakers, &support::kDeterministic}) {
    SCOPED_TRACE(named->name);
    support::Voice voice(*named);
    const Example given = example(voice.config);
    auto& predictor = *voice.generator->duration_predictor;
    const auto together = predictor.log_durations(given.hidden, given.token_mask, given.speaker, given.noise);
    const auto losses = predictor.loss(given.hidden, given.token_mask, given.durations, given.speaker, given.noise);
    ASSERT_EQ(losses.sizes(), at::IntArrayRef({3}));
    const auto part = [](const at::Tensor& x, int64_t row, int64_t tokens) {
      if (!x.defined()) return x;
      return x.size(2) == 1 ? x.narrow(0, row, 1) : x.narrow(0, row, 1).narrow(2, 0, tokens);
    };
    for (int64_t row = 0; row < 3; ++row) {
      const int64_t tokens = given.token_mask[row].sum().item<int64_t>();
      const auto mask = at::ones({1, 1, tokens});
      const auto hidden = part(given.hidden, row, tokens), speaker = part(given.speaker, row, tokens);
      const auto noise = part(given.noise, row, tokens), durations = part(given.durations, row, tokens);
      EXPECT_LT(difference(predictor.log_durations(hidden, mask, speaker, noise), part(together, row, tokens)), 1e-4);
      const double alone = predictor.loss(hidden, mask, durations, speaker, noise).item<double>();
      EXPECT_NEAR(alone / losses[row].item<double>(), 1.0, 1e-5);
    }
  }
}

TEST(DurationPredictor, TeachesNeitherTheTextEncoderNorTheSpeakers) {
  for (const auto* named : {&support::kFourSpeakers, &support::kWideWindow}) {
    support::Voice voice(*named);
    Example given = example(voice.config);
    given.hidden.set_requires_grad(true);
    given.speaker.set_requires_grad(true);
    voice.generator->duration_predictor
        ->loss(given.hidden, given.token_mask, given.durations, given.speaker, given.noise)
        .sum()
        .backward();
    EXPECT_FALSE(given.hidden.grad().defined());
    EXPECT_FALSE(given.speaker.grad().defined());
  }
}

TEST(DurationPredictor, DropsOutInTrainingOnly) {
  const at::NoGradGuard no_grad;
  for (const auto* named : {&support::kSingleSpeaker, &support::kDeterministic}) {
    support::Voice voice(*named);
    const Example given = example(voice.config);
    auto& predictor = *voice.generator->duration_predictor;
    const auto once = [&] {
      return predictor.log_durations(given.hidden, given.token_mask, given.speaker, given.noise);
    };
    EXPECT_TRUE(at::equal(once(), once()));
    predictor.train();
    EXPECT_FALSE(at::equal(once(), once()));
  }
}

}  // namespace
}  // namespace vits::model
