// A voice of random weights: the same seed gives the same bytes, and transformers opens it.
#include <gtest/gtest.h>

#include "program_run.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"

namespace {

using vits::cli_tests::run;

TEST(Create, GivesTheSameBytesForTheSameSeed) {
  vits::base::TemporaryFolder folder;
  const auto weights = [&](const std::string& name, const std::string& seed) {
    const auto voice = folder.path() / name;
    const auto done = run({"create", voice.string(), "--size", "tiny", "--seed", seed});
    EXPECT_EQ(done.exit_code, 0) << done.error_output;
    return vits::base::read_file(voice / "model.safetensors");
  };
  const auto first = weights("a", "1");
  EXPECT_EQ(weights("b", "1"), first);
  EXPECT_NE(weights("c", "2"), first);
}

TEST(Create, MakesAVoiceThatSpeaks) {
  vits::base::TemporaryFolder folder;
  const std::string voice = (folder.path() / "voice").string();
  ASSERT_EQ(run({"create", voice, "--size", "tiny", "--speakers", "ann", "--speakers", "bob"}).exit_code, 0);
  const auto verified = run({"verify", voice});
  EXPECT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_NE(verified.output.find("2 of 2 speakers: finite and not silent"), std::string::npos) << verified.output;
}

TEST(Create, RefusesWhatItCannotMake) {
  vits::base::TemporaryFolder folder;
  EXPECT_EQ(run({"create", folder.path().string(), "--size", "tiny"}).exit_code, 1);
  const std::string voice = (folder.path() / "voice").string();
  EXPECT_EQ(run({"create", voice, "--alphabet", "  "}).exit_code, 2);
  EXPECT_EQ(run({"create", voice, "--alphabet", "ab_"}).exit_code, 2);
  EXPECT_EQ(run({"create"}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(voice));
}

}  // namespace
