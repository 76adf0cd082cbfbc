#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/support.h"
#include "vits/base/process.h"

namespace vits::cli {
namespace {

TEST(Benchmark, GivesItsFiguresAsJson) {
  const auto voice =
      support::reference_data("voice_tiny", "tests/reference/make_model.py", {"--size", "tiny", "--no-discriminator"});
  const auto done =
      base::run_program({support::program().string(), "benchmark", "synthesize", "--against", "transformers", "--model",
                         voice.string(), "--rounds", "1", "--sentences", "3", "--threads", "1", "--json", "--python",
                         (support::source_folder() / ".env/python/bin/python").string()});
  ASSERT_EQ(done.exit_code, 0) << done.error_output;
  const auto figures = nlohmann::json::parse(done.output);
  EXPECT_EQ(figures["threads"], 1);
  EXPECT_NE(figures["theirs"].get<std::string>().find("transformers 5"), std::string::npos);
  for (const char* part : {"single", "file"})
    for (const auto& [name, value] : figures[part].items()) EXPECT_GT(value.get<double>(), 0) << part << " " << name;
}

TEST(Benchmark, SaysWhatAPythonWithoutTransformersLacks) {
  const auto done =
      base::run_program({support::program().string(), "benchmark", "synthesize", "--python", "/bin/false"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_NE(done.error_output.find("false"), std::string::npos) << done.error_output;
}

}  // namespace
}  // namespace vits::cli
