// A training run's checkpoint, opened as a voice.
#include <gtest/gtest.h>

#include "checkpoint/voices_here.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/checkpoint/describe.h"
#include "vits/checkpoint/run_state.h"
#include "vits/checkpoint/verify.h"
#include "vits/model/weights.h"

namespace vits::checkpoint {
namespace {

namespace fs = std::filesystem;

class RunVoice : public testing::Test {
 protected:
  // As training writes it: all weight norm in place, optimiser values beside the weights.
  RunVoice() {
    generator_ = model::Generator(voice_.config);
    discriminators_ = model::Discriminators(voice_.config);
    apply_weights(generator_, &discriminators_, voice_);
    model::add_training_weight_norm(generator_, discriminators_);
    for (const auto& entry : generator_->named_parameters()) {
      state_.groups["generator"][entry.key()] = entry.value().detach();
      state_.groups["generator_exp_avg"][entry.key()] = at::zeros_like(entry.value());
    }
    for (const auto& entry : discriminators_->named_parameters())
      state_.groups["discriminators"][entry.key()] = entry.value().detach();
    state_.facts = {{"step", 1200},
                    {"epoch", 3},
                    {"validation_mel", 0.25},
                    {"voice",
                     {{"config", voice_.raw_config},
                      {"vocab", voice_.vocab},
                      {"tokenizer_config", voice_.tokenizer_config},
                      {"special_tokens_map", nullptr},
                      {"speakers", voice_.speakers}}}};
  }

  fs::path written() {
    const fs::path path = folder_.path() / "checkpoint_epoch_3.pt";
    write_run_state(path, state_);
    return path;
  }

  VoiceFiles voice_ = read_voice(support::variants(3) / "current");
  model::Generator generator_{nullptr};
  model::Discriminators discriminators_{nullptr};
  RunState state_;
  base::TemporaryFolder folder_;
};

TEST_F(RunVoice, SpeaksAsTheVoiceThatIsTrained) {
  const VoiceFiles read = read_voice(written());
  EXPECT_EQ(read.kind, VoiceKind::run);
  EXPECT_EQ(read.source, folder_.path() / "checkpoint_epoch_3.pt");
  EXPECT_EQ(read.speakers, voice_.speakers);
  EXPECT_EQ(read.vocab, voice_.vocab);
  EXPECT_EQ(read.tokenizer_config, voice_.tokenizer_config);
  EXPECT_TRUE(read.special_tokens_map.is_null());
  const at::Tensor ids = at::tensor({3, 5, 7, 9, 11}, at::kLong).unsqueeze(0);
  // The lengths are multiplied in and out again on the way, in float32.
  EXPECT_LT(support::distance(support::spoken(read, ids, 0.0), support::spoken(voice_, ids, 0.0)), 1e-4);
  model::Discriminators discriminators(read.config);
  model::Generator generator(read.config);
  EXPECT_NO_THROW(apply_weights(generator, &discriminators, read));
  const auto verified = verify(folder_.path() / "checkpoint_epoch_3.pt");
  EXPECT_TRUE(verified.defects.empty()) << verified.defects.front();
}

TEST_F(RunVoice, TakesTheAverageWhereThereIsOne) {
  const at::Tensor averaged = at::full_like(state_.groups["generator"].at("decoder.conv_pre.bias"), 0.125);
  state_.groups["generator_average"]["decoder.conv_pre.bias"] = averaged;
  const VoiceFiles read = read_voice(written());
  EXPECT_TRUE(read.generator.at("decoder.conv_pre.bias").equal(averaged));
  EXPECT_TRUE(read.generator.at("text_encoder.embed_tokens.weight")
                  .equal(voice_.generator.at("text_encoder.embed_tokens.weight")));
}

TEST_F(RunVoice, IsDescribedWithItsPlaceInTheRunAndItsGroups) {
  const Description run = describe(written());
  EXPECT_EQ(run.kind, "run");
  ASSERT_TRUE(run.run);
  EXPECT_EQ(run.run->step, 1200);
  EXPECT_EQ(run.run->epoch, 3);
  EXPECT_EQ(run.run->validation_mel, 0.25);
  EXPECT_EQ(run.parts.size(), 3u);
  EXPECT_EQ(run.parts.at("generator").parameters, run.parts.at("generator_exp_avg").parameters);
  EXPECT_GT(run.parts.at("generator").parameters, 105008);  // weight norm's lengths come on top
  EXPECT_EQ(parameters_of(run), run.parts.at("generator").parameters);
  EXPECT_TRUE(run.is_voice);
  EXPECT_EQ(run.speakers, 3);
  EXPECT_EQ(run.vocabulary_size, 38);
  const auto json = to_json(run);
  EXPECT_EQ(json["run"]["step"], 1200);
  EXPECT_EQ(json["parameters"], parameters_of(run));
}

TEST_F(RunVoice, IsDescribedWithoutAVoiceToo) {
  state_.facts.erase("voice");
  state_.facts.erase("epoch");
  state_.facts["validation_mel"] = nullptr;
  const Description run = describe(written());
  EXPECT_EQ(run.kind, "run");
  EXPECT_FALSE(run.is_voice);
  EXPECT_FALSE(run.run->epoch);
  EXPECT_TRUE(to_json(run)["run"]["validation_mel"].is_null());
  ASSERT_FALSE(run.notes.empty());
  EXPECT_NE(run.notes.front().find("has no config.json in it, so its network is not known."), std::string::npos)
      << run.notes.front();
  EXPECT_THROW(read_voice(written()), Error);
}

}  // namespace
}  // namespace vits::checkpoint
