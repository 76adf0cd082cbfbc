// inspect, verify and convert as a person runs them: what they print and how they end.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program_run.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"

namespace {

namespace fs = std::filesystem;
using vits::cli_tests::run;
using vits::cli_tests::tiny_voice;

void expect_text(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(InspectCommand, PrintsLinesOrOneJsonObject) {
  const auto lines = run({"inspect", tiny_voice().string()});
  EXPECT_EQ(lines.exit_code, 0) << lines.error_output;
  expect_text(lines.output, "huggingface voice\n");
  expect_text(lines.output, "16000 Hz");
  const auto json = run({"inspect", tiny_voice().string(), "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.output)["kind"], "huggingface");
}

TEST(VerifyCommand, EndsWith1OnADefect) {
  const auto whole = run({"verify", tiny_voice().string()});
  EXPECT_EQ(whole.exit_code, 0) << whole.error_output;
  expect_text(whole.output, "This voice is whole.\n");

  const vits::base::TemporaryFolder folder;
  fs::copy(tiny_voice(), folder.path() / "voice", fs::copy_options::recursive);
  vits::base::write_file(folder.path() / "voice/config.json", R"({"model_type": "vits", "hidden_size": 16})");
  const auto broken = run({"verify", (folder.path() / "voice").string()});
  EXPECT_EQ(broken.exit_code, 1);
  expect_text(broken.output, "WRONG");
  expect_text(broken.output, "of another shape: ");
  EXPECT_EQ(run({"verify", (folder.path() / "nothing").string()}).exit_code, 1);
}

TEST(ConvertCommand, WritesAFolderAndRefusesToWriteOverIt) {
  const vits::base::TemporaryFolder folder;
  const std::string out = (folder.path() / "half").string();
  const auto done =
      run({"convert", tiny_voice().string(), out, "--dtype", "float16", "--reinitialize", "text_encoder.embed*"});
  EXPECT_EQ(done.exit_code, 0) << done.error_output;
  expect_text(done.output, "afresh: text_encoder.embed_tokens.weight\n");
  EXPECT_EQ(run({"verify", out}).exit_code, 0);
  const auto again = run({"convert", tiny_voice().string(), out});
  EXPECT_EQ(again.exit_code, 1);
  expect_text(again.error_output, "--overwrite");
  EXPECT_EQ(run({"convert", tiny_voice().string()}).exit_code, 2);
  EXPECT_EQ(run({"convert", tiny_voice().string(), out, "more"}).exit_code, 2);
}

}  // namespace
