// The losses one by one; training_step_test.cpp has them together.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "numeric_gradient.h"
#include "support/card.h"
#include "support/support.h"
#include "support/tensors.h"
#include "vits/audio/spectrogram.h"
#include "vits/loss/adversarial_loss.h"
#include "vits/loss/feature_loss.h"
#include "vits/loss/generator_losses.h"
#include "vits/loss/kl_loss.h"
#include "vits/loss/mel_loss.h"

namespace vits::loss {
namespace {

using support::expect_numeric_gradient;

struct Example {
  std::map<std::string, at::Tensor> tensors = support::read_tensors(
      support::reference_data("losses", "tests/loss/losses_reference.py", {}) / "losses.safetensors");

  const at::Tensor& operator()(const std::string& name) const { return tensors.at(name); }
  at::Tensor exact(const std::string& name) const { return tensors.at(name).to(at::kDouble); }

  std::vector<at::Tensor> scores(const std::string& side) const {
    std::vector<at::Tensor> found;
    for (int judge = 0; judge < 3; ++judge) found.push_back(tensors.at(side + ".score." + std::to_string(judge)));
    return found;
  }
  std::vector<std::vector<at::Tensor>> maps(const std::string& side) const {
    std::vector<std::vector<at::Tensor>> found;
    for (int judge = 0; judge < 3; ++judge) {
      found.emplace_back();
      for (int layer = 0; layer < (judge == 2 ? 3 : 2); ++layer)
        found.back().push_back(tensors.at(side + ".map." + std::to_string(judge) + '.' + std::to_string(layer)));
    }
    return found;
  }
};

void expect_value(const at::Tensor& actual, const at::Tensor& expected) {
  ASSERT_EQ(actual.dim(), 0);
  EXPECT_EQ(actual.scalar_type(), at::kFloat);
  EXPECT_NEAR(actual.item<double>(), expected.item<double>(), 1e-6 * std::abs(expected.item<double>()));
}

TEST(KlLoss, EqualsTheReference) {
  const Example given;
  expect_value(kl_loss(given("z_p"), given("log_sigma_q"), given("mu_p"), given("log_sigma_p"), given("frame_mask")),
               given("kl"));
}

TEST(KlLoss, IsThePublishedSumOverRealFrames) {
  const Example given;
  const auto z = given("z_p").accessor<float, 3>(), q = given("log_sigma_q").accessor<float, 3>(),
             mu = given("mu_p").accessor<float, 3>(), p = given("log_sigma_p").accessor<float, 3>();
  double sum = 0;
  for (int row = 0; row < 2; ++row)
    for (int channel = 0; channel < 6; ++channel)
      for (int frame = 0; frame < (row == 0 ? 19 : 11); ++frame) {
        const double off =
            (z[row][channel][frame] - mu[row][channel][frame]) / std::exp(double{p[row][channel][frame]});
        sum += double{p[row][channel][frame]} - q[row][channel][frame] - 0.5 + 0.5 * off * off;
      }
  const auto actual =
      kl_loss(given("z_p"), given("log_sigma_q"), given("mu_p"), given("log_sigma_p"), given("frame_mask"));
  EXPECT_NEAR(actual.item<double>(), sum / (19 + 11), 1e-4);
}

TEST(KlLoss, HasTheNumericGradient) {
  const Example given;
  const auto mask = given.exact("frame_mask");
  const auto z = given.exact("z_p"), q = given.exact("log_sigma_q"), mu = given.exact("mu_p"),
             p = given.exact("log_sigma_p");
  for (const auto& input : {z, q, mu, p}) expect_numeric_gradient([&] { return kl_loss(z, q, mu, p, mask); }, input);
}

TEST(DiscriminatorLoss, EqualsTheReference) {
  const Example given;
  const auto loss = discriminator_loss(given.scores("real"), given.scores("fake"));
  expect_value(loss.total, given("disc"));
  expect_value(loss.real, given("disc_real"));
  expect_value(loss.fake, given("disc_fake"));
}

TEST(DiscriminatorLoss, IsZeroForAPerfectJudge) {
  const auto loss = discriminator_loss({at::ones({2, 5})}, {at::zeros({2, 5})});
  EXPECT_EQ(loss.total.item<float>(), 0.0f);
}

TEST(DiscriminatorLoss, HasTheNumericGradient) {
  const Example given;
  const auto real = given.exact("real.score.0"), fake = given.exact("fake.score.1");
  for (const auto& input : {real, fake})
    expect_numeric_gradient([&] { return discriminator_loss({real}, {fake}).total; }, input);
}

TEST(AdversarialLoss, EqualsTheReferenceAndThePlainSum) {
  const Example given;
  const auto loss = adversarial_loss(given.scores("fake"));
  expect_value(loss, given("gen"));
  double sum = 0;
  for (const auto& score : given.scores("fake")) {
    const auto flat = score.view(-1);
    double missing = 0;
    for (int64_t i = 0; i < flat.numel(); ++i) missing += std::pow(1 - flat[i].item<double>(), 2);
    sum += missing / static_cast<double>(flat.numel());
  }
  EXPECT_NEAR(loss.item<double>(), sum, 1e-5);
}

TEST(AdversarialLoss, HasTheNumericGradient) {
  const Example given;
  const auto fake = given.exact("fake.score.2");
  expect_numeric_gradient([&] { return adversarial_loss({fake}); }, fake);
}

TEST(FeatureLoss, EqualsTheReferenceAndThePlainSum) {
  const Example given;
  const auto loss = feature_loss(given.maps("real"), given.maps("fake"));
  expect_value(loss, given("fmap"));
  double sum = 0;
  for (size_t judge = 0; judge < 3; ++judge)
    for (size_t layer = 0; layer < given.maps("real")[judge].size(); ++layer)
      sum += (given.maps("real")[judge][layer].to(at::kDouble) - given.maps("fake")[judge][layer].to(at::kDouble))
                 .abs()
                 .mean()
                 .item<double>();
  EXPECT_NEAR(loss.item<double>(), 2 * sum, 1e-5);
}

TEST(FeatureLoss, TeachesTheGeneratedSideAlone) {
  const Example given;
  const auto real = given.exact("real.map.1.0").set_requires_grad(true), fake = given.exact("fake.map.1.0");
  expect_numeric_gradient([&] { return feature_loss({{real}}, {{fake}}); }, fake);
  EXPECT_FALSE(real.grad().defined());
}

TEST(FeatureLoss, OfUnequalNumbersOfJudgesIsOurBug) {
  EXPECT_THROW(feature_loss({{at::ones({1, 1})}}, {}), c10::Error);
}

// Value and gradients of maps of several types, more than one launch takes and some of more numbers than a block.
std::vector<at::Tensor> feature_loss_on(const at::Device& device, const std::vector<at::Tensor>& real,
                                        const std::vector<at::Tensor>& fake) {
  const auto leaves = support::copies_on(device, fake);
  const auto loss = feature_loss({support::copies_on(device, real)}, {leaves});
  auto all = torch::autograd::grad({1000 * loss}, leaves);
  all.push_back(loss);
  return all;
}

TEST(FeatureLossCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(1);
  std::vector<at::Tensor> real, fake;
  for (const auto dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
    for (int64_t map = 0; map < 23; ++map) {
      const std::vector<int64_t> sizes = map % 4 == 0 ? std::vector<int64_t>{2, 3, 2731} : std::vector<int64_t>{3, map};
      real.push_back(at::randn(sizes).to(dtype));
      fake.push_back(at::where(at::rand(sizes) < 0.1, real.back(), at::randn(sizes).to(dtype)).set_requires_grad(true));
    }
  }
  real.push_back(at::randn({1, 5, 16384}));
  fake.push_back(at::randn({1, 5, 16384}).set_requires_grad(true));
  const auto there = feature_loss_on(*card, real, fake), here = feature_loss_on(at::kCPU, real, fake);
  for (size_t i = 0; i < here.size(); ++i)
    EXPECT_TRUE(support::near({there[i]}, {here[i]}, support::roundings(here[i].scalar_type()))) << i;
}

TEST(AdversarialLossCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  at::manual_seed(2);
  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    std::vector<at::Tensor> scores;
    for (const int64_t count : {1, 255, 257, 3001})
      scores.push_back(at::randn({2, count}, at::kDouble).to(dtype).set_requires_grad(true));
    const auto run = [&](const at::Device& device) {
      const auto leaves = support::copies_on(device, scores);
      const auto judged = discriminator_loss({leaves[0], leaves[1], leaves[2]}, {leaves[1], leaves[2], leaves[3]});
      const auto fooled = adversarial_loss(leaves);
      auto all = torch::autograd::grad({3 * judged.total + fooled}, leaves);
      all.insert(all.end(), {judged.total, judged.real, judged.fake, fooled});
      return all;
    };
    EXPECT_TRUE(support::near(run(*card), run(at::kCPU), support::roundings(dtype))) << dtype;
  }
}

TEST(MelLoss, EqualsTheReference) {
  const Example given;
  expect_value(
      mel_loss(audio::log_mel(given("magnitudes"), audio::mel_bank(16000)), given("wave"), audio::mel_bank(16000)),
      given("mel"));
}

TEST(MelLoss, HasTheNumericGradient) {
  const Example given;
  const auto bank = audio::mel_bank(16000).to(at::kDouble);
  const auto wave = given.exact("wave").narrow(2, 0, 1024).contiguous(),
             real = audio::log_mel(given.exact("magnitudes").narrow(2, 0, 4), bank);
  expect_numeric_gradient([&] { return mel_loss(real, wave, bank); }, wave);
}

TEST(MelLossCuda, EqualsTheProcessors) {
  const auto card = support::card();
  if (!card) GTEST_SKIP() << "no CUDA device";
  const Example given;
  const auto run = [&](const at::Device& device) {
    const auto wave = given("wave").detach().to(device).set_requires_grad(true);
    const auto loss = mel_loss(audio::log_mel(given("magnitudes").to(device), audio::mel_bank(16000).to(device)), wave,
                               audio::mel_bank(16000).to(device));
    return std::vector<at::Tensor>{loss, torch::autograd::grad({loss}, {wave})[0]};
  };
  // A band's slope turns with the sign of what it lacks.
  EXPECT_TRUE(support::near(run(*card), run(at::kCPU), 1e-3));
}

TEST(MelLoss, IsFloatUnderHalfPrecision) {
  const Example given;
  const auto loss = mel_loss(audio::log_mel(given("magnitudes"), audio::mel_bank(16000)),
                             given("wave").to(at::kBFloat16), audio::mel_bank(16000));
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_NEAR(loss.item<double>(), given("mel").item<double>(), 0.01 * given("mel").item<double>());
}

TEST(GeneratorLosses, AreWeightedInTheTotalAlone) {
  const Example given;
  const LossWeights weights{.weight_mel = 2, .weight_kl = 3, .weight_duration = 5, .weight_gen = 7, .weight_fmap = 11};
  const auto losses = generator_losses({.real_mel = audio::log_mel(given("magnitudes"), audio::mel_bank(16000)),
                                        .fake_wave = given("wave"),
                                        .z_p = given("z_p"),
                                        .log_sigma_q = given("log_sigma_q"),
                                        .mu_p = given("mu_p"),
                                        .log_sigma_p = given("log_sigma_p"),
                                        .frame_mask = given("frame_mask"),
                                        .duration_loss = at::scalar_tensor(0.25),
                                        .fake_scores = given.scores("fake"),
                                        .real_maps = given.maps("real"),
                                        .fake_maps = given.maps("fake"),
                                        .shares = {}},
                                       audio::mel_bank(16000), weights);
  for (const auto& [ours, name] :
       {std::pair{losses.mel, "mel"}, {losses.kl, "kl"}, {losses.gen, "gen"}, {losses.fmap, "fmap"}})
    expect_value(ours, given(name));
  EXPECT_EQ(losses.duration.item<float>(), 0.25f);
  const double total = 2 * given("mel").item<double>() + 3 * given("kl").item<double>() + 5 * 0.25
                       + 7 * given("gen").item<double>() + 11 * given("fmap").item<double>();
  EXPECT_NEAR(losses.total.item<double>(), total, 1e-5 * total);
}

TEST(LossWeights, AreThoseOfThePublishedRecipe) {
  LossWeights weights;
  const auto table = base::OptionTable::of(weights);
  const std::map<std::string, std::string> published{{"weight_mel", "35"},     {"weight_kl", "1.5"},
                                                     {"weight_duration", "1"}, {"weight_gen", "1"},
                                                     {"weight_fmap", "1"},     {"weight_disc", "3"}};
  for (const auto& option : table.options())
    EXPECT_EQ(base::value_text(option), published.at(option.name)) << option.name;
  EXPECT_EQ(table.options().size(), published.size());
}

}  // namespace
}  // namespace vits::loss
