// A voice that was made larger still says what it said before.
#include "vits/train/grow_voice.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/tensors.h"
#include "support/voices.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/checkpoint/weights.h"
#include "vits/exporter/write_voice.h"
#include "vits/model/speech.h"
#include "vits/model/training_forward.h"
#include "vits/train/networks.h"

namespace vits::train {
namespace {

namespace fs = std::filesystem;

checkpoint::VoiceFiles voice_of(const support::NamedVoice& named) {
  return checkpoint::read_voice(support::folder_of(named));
}

model::Generator network_of(const checkpoint::VoiceFiles& voice) {
  model::Generator generator(voice.config);
  checkpoint::apply_weights(generator, nullptr, voice);
  generator->eval();
  return generator;
}

model::TrainingBatch batch_of(int64_t speaker) {
  torch::manual_seed(3);
  model::TrainingBatch batch;
  batch.token_ids = at::randint(1, 5, {1, 9}, at::kLong);
  batch.token_lengths = at::full({1}, 9, at::kLong);
  batch.frame_lengths = at::full({1}, 40, at::kLong);
  batch.spectrogram = at::rand({1, 513, 40});
  batch.waveform = at::rand({1, 1, 40 * 256}) - 0.5;
  if (speaker >= 0) batch.speaker_ids = at::full({1}, speaker, at::kLong);
  batch.add_masks();
  return batch;
}

// Everything that the voice makes of a clip.
model::Synthesis made_by(model::Generator& generator, const model::TrainingBatch& batch) {
  const at::NoGradGuard no_grad;
  torch::manual_seed(4);
  return model::training_forward(generator, batch, model::draw(batch, generator->config()));
}

void expect_same(const model::Synthesis& a, const model::Synthesis& b) {
  EXPECT_TRUE(at::equal(a.fake, b.fake));
  EXPECT_TRUE(at::equal(a.z_p, b.z_p));
  EXPECT_TRUE(at::equal(a.hidden, b.hidden));
  EXPECT_TRUE(at::equal(a.loss_duration, b.loss_duration));
}

TEST(GrowSpeakers, AVoiceOfOneSpeakerSoundsAsBeforeWithEverySpeaker) {
  auto voice = voice_of(support::kSingleSpeaker);
  auto before = network_of(voice);
  const auto expected = made_by(before, batch_of(-1));
  grow_speakers(voice, {"anna", "ben", "carl"}, 1);
  EXPECT_EQ(voice.config.num_speakers, 3);
  EXPECT_EQ(voice.raw_config.at("num_speakers"), 3);
  EXPECT_EQ(voice.speakers, (std::vector<std::string>{"anna", "ben", "carl"}));
  auto grown = network_of(voice);
  for (int64_t speaker = 0; speaker < 3; ++speaker) expect_same(made_by(grown, batch_of(speaker)), expected);
}

TEST(GrowSpeakers, TheNewConditioningLearns) {
  // All of it is 0, and a gradient must get through all the same, or the speakers would stay one.
  auto voice = voice_of(support::kSingleSpeaker);
  grow_speakers(voice, {"anna", "ben"}, 1);
  auto generator = network_of(voice);
  const auto batch = batch_of(1);
  const auto made = model::training_forward(generator, batch, model::draw(batch, generator->config()));
  (made.fake.square().sum() + made.z_p.square().sum() + made.loss_duration).backward();
  for (const auto& parameter : generator->named_parameters())
    if (parameter.key() == "decoder.cond.weight" || parameter.key() == "duration_predictor.cond.weight"
        || parameter.key() == "flow.flows.0.wavenet.cond_layer.parametrizations.weight.original0") {
      ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
      EXPECT_GT(parameter.value().grad().abs().max().item<float>(), 0.0f) << parameter.key();
    }
}

TEST(GrowSpeakers, OldSpeakersOfAVoiceWithSeveralSoundAsBefore) {
  auto voice = voice_of(support::kFourSpeakers);
  auto before = network_of(voice);
  const auto expected = made_by(before, batch_of(2));
  grow_speakers(voice, {"2", "new one"}, 1);
  EXPECT_EQ(voice.config.num_speakers, 5);
  EXPECT_EQ(voice.speakers.back(), "new one");
  auto grown = network_of(voice);
  expect_same(made_by(grown, batch_of(2)), expected);
}

TEST(GrowVocabulary, OldCharactersSoundAsBeforeAndNewOnesAreKnown) {
  auto voice = voice_of(support::kSingleSpeaker);
  const int64_t rows = voice.config.vocab_size;
  auto before = network_of(voice);
  const auto expected = made_by(before, batch_of(-1));
  grow_vocabulary(voice, {"ŵ", "a", "ŷ"}, 1);
  EXPECT_EQ(voice.config.vocab_size, rows + 2) << "\"a\" was known";
  EXPECT_EQ(voice.vocab.at("ŵ"), rows);
  EXPECT_EQ(voice.vocab.at("ŷ"), rows + 1);
  auto grown = network_of(voice);
  expect_same(made_by(grown, batch_of(-1)), expected);
}

TEST(Networks, FreezeTakesPatternsAndTakesPartsOutAgain) {
  const auto voice = voice_of(support::kFourSpeakers);
  VoiceOptions options;
  options.freeze = {"*", "!embed_speaker*"};
  const auto prepared = prepare_networks(voice, options, at::kCPU, 0);
  for (const auto& parameter : prepared.networks.generator->named_parameters())
    EXPECT_EQ(parameter.value().requires_grad(), parameter.key() == "embed_speaker.weight") << parameter.key();
  options.freeze = {"text_encoder"};
  const auto part = prepare_networks(voice, options, at::kCPU, 0);
  for (const auto& parameter : part.networks.generator->named_parameters())
    EXPECT_EQ(parameter.value().requires_grad(), !parameter.key().starts_with("text_encoder.")) << parameter.key();
  options.freeze = {"decoder.upsampler.0.weight"};  // which weight norm splits in two
  const auto tensor = prepare_networks(voice, options, at::kCPU, 0);
  for (const auto& parameter : tensor.networks.generator->named_parameters())
    EXPECT_EQ(parameter.value().requires_grad(),
              !parameter.key().starts_with("decoder.upsampler.0.parametrizations.weight."))
        << parameter.key();
}

TEST(Networks, RefuseAPatternThatFitsNothingAndOneThatLeavesNothing) {
  const auto voice = voice_of(support::kSingleSpeaker);
  VoiceOptions options;
  options.freeze = {"tekst_encoder"};
  EXPECT_THROW(prepare_networks(voice, options, at::kCPU, 0), Error);
  options.freeze = {"*"};
  EXPECT_THROW(prepare_networks(voice, options, at::kCPU, 0), Error);
}

TEST(Networks, BlameDiscriminatorsThatDoNotFitOnTheirOwnFile) {
  auto wider = voice_of(support::kSingleSpeaker);
  wider.discriminators.begin()->second = at::ones({3});
  const base::TemporaryFolder folder;
  const auto place = folder.path() / "wider";
  exporter::write_huggingface(place, wider);
  VoiceOptions options;
  options.discriminator = place.string();
  try {
    prepare_networks(voice_of(support::kSingleSpeaker), options, at::kCPU, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("--discriminator " + place.string())) << error.what();
  }
}

TEST(Networks, DiscriminatorsThatAreAllReinitializedAreFresh) {
  VoiceOptions options;
  options.reinitialize = {"discriminator.*"};
  const auto prepared = prepare_networks(voice_of(support::kSingleSpeaker), options, at::kCPU, 0);
  EXPECT_TRUE(prepared.fresh_discriminators);
  ASSERT_EQ(prepared.notes.size(), 2u);
  EXPECT_NE(prepared.notes[0].find("tensors start afresh: discriminator."), std::string::npos) << prepared.notes[0];
  options.reinitialize = {"discriminator.discriminators.0.*"};
  EXPECT_FALSE(prepare_networks(voice_of(support::kSingleSpeaker), options, at::kCPU, 0).fresh_discriminators);
}

TEST(Networks, TakeDiscriminatorsFromAnotherVoiceOrMakeFreshOnes) {
  auto voice = voice_of(support::kSingleSpeaker);
  const auto own = prepare_networks(voice, {}, at::kCPU, 0);
  EXPECT_FALSE(own.fresh_discriminators);
  voice.discriminators.clear();
  const auto fresh = prepare_networks(voice, {}, at::kCPU, 0);
  EXPECT_TRUE(fresh.fresh_discriminators);
  VoiceOptions options;
  const base::TemporaryFolder original;
  exporter::write_original(original.path() / "voice", voice_of(support::kSingleSpeaker));
  fs::path judges;
  for (const auto& entry : fs::directory_iterator(original.path() / "voice"))
    if (entry.path().filename().string().starts_with("D_")) judges = entry.path();
  for (const fs::path& place : {support::folder_of(support::kSingleSpeaker), judges}) {
    options.discriminator = place.string();
    const auto taken = prepare_networks(voice, options, at::kCPU, 0);
    EXPECT_FALSE(taken.fresh_discriminators);
    const auto expected = own.networks.discriminators->named_parameters(),
               found = taken.networks.discriminators->named_parameters(),
               other = fresh.networks.discriminators->named_parameters();
    bool differs = false;
    for (const auto& parameter : expected) {
      EXPECT_TRUE(at::allclose(parameter.value(), found[parameter.key()], 1e-6, 1e-7)) << place << parameter.key();
      differs = differs || !at::equal(parameter.value(), other[parameter.key()]);
    }
    EXPECT_TRUE(differs);
  }
  options.adversarial = false;
  EXPECT_TRUE(prepare_networks(voice, options, at::kCPU, 0).networks.discriminators.is_empty());
}

}  // namespace
}  // namespace vits::train
