#include "vits/base/patterns.h"

#include <gtest/gtest.h>

#include <utility>

namespace vits::base {
namespace {

TEST(Patterns, MatchesAsTheShellDoesAcrossSlashes) {
  for (const auto& [name, pattern] : std::vector<std::pair<std::string, std::string>>{
           {"config.json", "config.json"},
           {"data/a/b.wav", "*.wav"},
           {"a", "*"},
           {"", "*"},
           {"abc", "a?c"},
           {"aXbXc", "a*X*c"},
           {"model-00001-of-00002.safetensors", "model-*-of-*.safetensors"}})
    EXPECT_TRUE(matches(name, pattern)) << name << " " << pattern;
  for (const auto& [name, pattern] : std::vector<std::pair<std::string, std::string>>{{"config.json", "config.jso"},
                                                                                      {"xconfig.json", "config.json"},
                                                                                      {"ac", "a?c"},
                                                                                      {"a.wav2", "*.wav"},
                                                                                      {"a", ""}})
    EXPECT_FALSE(matches(name, pattern)) << name << " " << pattern;
}

}  // namespace
}  // namespace vits::base
