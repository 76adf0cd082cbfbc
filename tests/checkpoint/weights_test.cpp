#include "vits/checkpoint/weights.h"

#include <gtest/gtest.h>

#include <limits>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/model/weights.h"

namespace vits::checkpoint {
namespace {

using support::distance;
using support::expect_text;

VoiceFiles whole() { return read_voice(support::variants() / "current"); }

std::string fitting_error(const VoiceFiles& voice, const std::vector<std::string>& reinitialize = {}) {
  model::Generator generator(voice.config);
  model::Discriminators discriminators(voice.config);
  const auto before = model::checkpoint_state(generator, &discriminators);
  try {
    apply_weights(generator, &discriminators, voice, {reinitialize});
  } catch (const Error& error) {
    for (const auto& [name, tensor] : model::checkpoint_state(generator, &discriminators))
      EXPECT_TRUE(tensor.equal(before.at(name))) << name << " was changed although the voice does not fit";
    return error.what();
  }
  return "no error";
}

TEST(ApplyWeights, GivesBackWhatItWasGiven) {
  const auto voice = whole();
  model::Generator generator(voice.config);
  model::Discriminators discriminators(voice.config);
  EXPECT_TRUE(apply_weights(generator, &discriminators, voice).reinitialized.empty());
  VoiceFiles taken = voice;
  take_weights(taken, generator, &discriminators);
  ASSERT_EQ(taken.generator.size(), voice.generator.size());
  for (const auto& [name, tensor] : voice.generator) EXPECT_TRUE(tensor.equal(taken.generator.at(name))) << name;
  ASSERT_EQ(taken.discriminators.size(), voice.discriminators.size());
  for (const auto& [name, tensor] : voice.discriminators)
    EXPECT_TRUE(tensor.equal(taken.discriminators.at(name))) << name;
}

TEST(ApplyWeights, FitsNetworksWithAnyWeightNorm) {
  const auto voice = whole();
  model::Generator plain(voice.config), trained(voice.config);
  model::Discriminators judges(voice.config);
  model::fold_weight_norm(plain);
  model::add_training_weight_norm(trained, judges);
  apply_weights(plain, nullptr, voice);
  apply_weights(trained, &judges, voice);
  for (auto* generator : {&plain, &trained})
    for (const auto& [name, tensor] : model::checkpoint_state(*generator)) {
      if (name.find(".wavenet.") == std::string::npos) {
        EXPECT_LE(distance(tensor, voice.generator.at(name)), 1e-6) << name;
      } else if (name.ends_with("original1")) {
        std::set<std::string> used;
        const std::string product = name.substr(0, name.find(".parametrizations")) + ".weight";
        const auto now = model::checkpoint_state(*generator);
        EXPECT_LE(distance(tensor_named(now, product, used), tensor_named(voice.generator, product, used)), 1e-6)
            << name;
        break;  // the states are copies: one layer of each network is enough
      }
    }
}

TEST(ApplyWeights, ListsTheTensorsThatDoNotFit) {
  auto voice = whole();
  voice.generator.erase("decoder.conv_pre.bias");
  voice.generator["decoder.extra.weight"] = at::ones({2});
  voice.generator["text_encoder.embed_tokens.weight"] = at::ones({40, 12});
  auto broken = voice.generator["flow.flows.0.conv_pre.bias"].clone();
  broken[3] = std::numeric_limits<float>::quiet_NaN();
  voice.generator["flow.flows.0.conv_pre.bias"] = broken;
  broken = voice.discriminators["discriminators.1.convs.0.bias"].clone();
  broken[0] = std::numeric_limits<float>::infinity();
  voice.discriminators["discriminators.1.convs.0.bias"] = broken;
  const std::string text = fitting_error(voice);
  expect_text(text, "1 missing: decoder.conv_pre.bias\n");
  expect_text(text, "1 not expected: decoder.extra.weight\n");
  expect_text(text, "1 of another shape: text_encoder.embed_tokens.weight (40x12 instead of 38x12)\n");
  expect_text(text,
              "2 with values that are no finite numbers: flow.flows.0.conv_pre.bias, "
              "discriminator.discriminators.1.convs.0.bias\n");
  expect_text(text, "--reinitialize PATTERN");
}

TEST(ApplyWeights, RefusesWholeNumbersWhereFractionsBelong) {
  auto voice = whole();
  for (const char* name : {"decoder.conv_pre.bias", "text_encoder.embed_tokens.weight"})
    voice.generator[name] = voice.generator[name].to(name[0] == 'd' ? at::kLong : at::kBool);
  expect_text(fitting_error(voice),
              "2 of whole numbers where fractions belong: text_encoder.embed_tokens.weight (Bool), "
              "decoder.conv_pre.bias (Long)\n");
}

TEST(ApplyWeights, ListsTwentyNamesAndCountsTheRest) {
  auto voice = whole();
  voice.discriminators.clear();
  expect_text(fitting_error(voice), "74 missing: discriminator.discriminators.0.convs.0.");
  expect_text(fitting_error(voice), " and 54 more");
}

TEST(ApplyWeights, TakesLargeFiniteValuesAsFinite) {
  auto voice = whole();
  auto& weight = voice.generator["text_encoder.project.weight"];
  weight = at::full_like(weight, 3e38);  // their sum is not finite
  EXPECT_EQ(fitting_error(voice), "no error");
}

TEST(ApplyWeights, StartsAfreshWhatAPatternNames) {
  auto voice = whole();
  voice.generator["text_encoder.embed_tokens.weight"] = at::ones({40, 12});
  voice.generator.erase("decoder.upsampler.0.weight");
  voice.discriminators.clear();
  model::Generator generator(voice.config);
  model::Discriminators discriminators(voice.config);
  const auto before = generator->text_encoder->parameters()[0].clone();
  const auto applied = apply_weights(generator, &discriminators, voice,
                                     {{"*.embed_tokens", "decoder.upsampler.?.weight", "discriminator"}});
  EXPECT_EQ(applied.reinitialized.size(), 1u + 4u + 74u);
  EXPECT_EQ(applied.reinitialized.front(), "text_encoder.embed_tokens.weight");
  EXPECT_TRUE(generator->text_encoder->parameters()[0].equal(before));
  EXPECT_TRUE(generator->flow->named_parameters()["flows.0.conv_pre.bias"].equal(
      voice.generator.at("flow.flows.0.conv_pre.bias")));
}

TEST(ApplyWeights, NamesThePlaceThatDiscriminatorsOfAnotherVoiceAreFrom) {
  auto voice = whole();
  voice.discriminators.begin()->second = at::ones({3});
  model::Generator generator(voice.config);
  model::Discriminators discriminators(voice.config);
  try {
    apply_weights(generator, &discriminators, voice, {.reinitialize = {}, .discriminators_from = "D_1.pth"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("D_1.pth does not fit")) << error.what();
  }
  EXPECT_EQ(fitting_error(voice).find("D_1.pth"), std::string::npos);
}

TEST(ApplyWeights, APatternMeansATensorByEitherSpellingAndAPartWithAllBelowIt) {
  EXPECT_TRUE(pattern_means("text_encoder", "text_encoder.project.weight"));
  EXPECT_FALSE(pattern_means("text_enc", "text_encoder.project.weight"));
  for (const char* name : {"decoder.conv_pre.weight", "decoder.conv_pre.parametrizations.weight.original0",
                           "decoder.conv_pre.parametrizations.weight.original1"}) {
    EXPECT_TRUE(pattern_means("decoder.conv_pre.weight", name)) << name;
    EXPECT_TRUE(pattern_means(name, name));
    EXPECT_FALSE(pattern_means("decoder.conv_pre.bias", name));
  }
}

TEST(ApplyWeights, RefusesAPatternThatNamesNothing) {
  expect_text(fitting_error(whole(), {"text_encoder.embd.*"}), "--reinitialize text_encoder.embd.*: no tensor");
}

TEST(ApplyWeights, WidensSixteenBits) {
  const auto voice = read_voice(support::variants() / "half");
  model::Generator generator(voice.config);
  apply_weights(generator, nullptr, voice);
  EXPECT_EQ(generator->parameters()[0].scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace vits::checkpoint
