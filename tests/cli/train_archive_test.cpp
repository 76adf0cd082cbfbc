// Nights that begin with a TorchScript archive: at the end there is one again, whatever became of the first.
#include "program_run.h"
#include "running.h"
#include "small_night.h"
#include "vits/checkpoint/voice_files.h"
#include "vits/checkpoint/weights.h"

namespace {

using namespace vits::cli_tests;
using vits::checkpoint::VoiceFiles;

constexpr const char* kNew = "voice.torchscript.pt is a new archive with vits-train's own code: ";

class TrainArchive : public testing::Test {
 protected:
  TrainArchive() {
    const Finished made = run({"convert", night_.voice().string(), first().string(), "--format", "torchscript"});
    EXPECT_EQ(made.exit_code, 0) << made.error_output;
  }

  fs::path first() const { return night_.folder() / "voice.pt"; }
  fs::path last() const { return night_.last_voice() / "voice.torchscript.pt"; }

  // The archive at the end, which is whole and has the discriminators.
  VoiceFiles read_last() const {
    VoiceFiles voice = vits::checkpoint::read_voice(last());
    vits::model::Generator generator(voice.config);
    vits::model::Discriminators discriminators(voice.config);
    vits::checkpoint::apply_weights(generator, &discriminators, voice);
    return voice;
  }

  SmallNight night_;
};

TEST_F(TrainArchive, GoesOnFromTheOneThatTheLastNightLeftInTheSameFolder) {
  const Finished one = night_.train({{"model_name", first().string()}, {"max_steps", "3"}});
  ASSERT_EQ(one.exit_code, 0) << one.error_output;
  const auto [name, before] = *read_last().discriminators.begin();
  const Finished two = night_.train({{"model_name", last().string()}, {"max_steps", "3"}});
  ASSERT_EQ(two.exit_code, 0) << two.error_output;
  EXPECT_FALSE(says(two.error_output, kNew)) << two.error_output;
  EXPECT_FALSE(read_last().discriminators.at(name).equal(before)) << name;
}

TEST_F(TrainArchive, OfAVoiceThatGrowsIsANewOne) {
  Rows rows = kRows;
  rows[1].second = "thrée";
  night_.set_clips("metadata.csv", rows);
  const Finished done = night_.train({{"model_name", first().string()}, {"add_symbols", "auto"}, {"max_steps", "3"}});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_TRUE(says(done.error_output, kNew)) << done.error_output;
  EXPECT_TRUE(read_last().vocab.contains("é"));
  const Finished verified = run({"verify", last().string()});
  EXPECT_EQ(verified.exit_code, 0) << verified.output << verified.error_output;
}

TEST_F(TrainArchive, ThatIsMovedAwayMeanwhileIsANewOne) {
  const fs::path log = night_.folder() / "log";
  Running running(night_.words({{"model_name", first().string()}, {"max_steps", "20"}}), log);
  ASSERT_TRUE(running.wait_until([&] { return fs::exists(night_.best_voice()); })) << running.printed();
  fs::rename(first(), night_.folder() / "moved.pt");
  EXPECT_EQ(running.exit_code(), 0) << running.printed();
  EXPECT_TRUE(says(running.printed(), kNew)) << running.printed();
  read_last();
}

TEST_F(TrainArchive, IsThereAfterARunThatWasContinued) {
  ASSERT_EQ(night_.train({{"model_name", first().string()}, {"max_steps", "5"}}).exit_code, 0);
  fs::remove(night_.checkpoints() / "checkpoint_step_5.pt");
  fs::remove_all(night_.last_voice());
  const Finished rest = night_.train({{"model_name", first().string()}, {"resume", "auto"}, {"max_steps", "6"}});
  ASSERT_EQ(rest.exit_code, 0) << rest.error_output;
  EXPECT_FALSE(says(rest.error_output, kNew)) << rest.error_output;
  read_last();
}

TEST_F(TrainArchive, ThatWasLearnedWithoutDiscriminatorsKeepsThoseItCameWith) {
  const Finished done = night_.train({{"model_name", first().string()}, {"adversarial", "false"}, {"max_steps", "3"}});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  EXPECT_FALSE(says(done.error_output, kNew)) << done.error_output;
  const VoiceFiles before = vits::checkpoint::read_voice(first()), after = read_last();
  for (const auto& [name, tensor] : before.discriminators)
    EXPECT_TRUE(after.discriminators.at(name).equal(tensor)) << name;
}

}  // namespace
