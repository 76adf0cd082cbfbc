#include "vits/formats/json.h"

#include <gtest/gtest.h>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::formats;

std::string json_error(const std::string& text) {
  try {
    parse_json(text, "config.json");
  } catch (const vits::Error& error) {
    return error.what();
  }
  return "read";
}

TEST(Json, ReadsEveryKindOfValue) {
  const Json json = parse_json("\xEF\xBB\xBF{\"a\": [1, -2, 2.5, true, null, \"ڕ\"], \"b\": {\"c\": {}}}", "x");
  EXPECT_EQ(json["a"].size(), 6u);
  EXPECT_EQ(json["a"][1], -2);
  EXPECT_EQ(json["a"][5], "ڕ");
  EXPECT_TRUE(json["b"]["c"].is_object());
  EXPECT_EQ(json, Json::parse(R"({"a": [1, -2, 2.5, true, null, "ڕ"], "b": {"c": {}}})"));
}

TEST(Json, ErrorsNameFileLineAndColumn) {
  const std::string message = json_error("{\n  \"a\": 1,\n  \"b\": x\n}");
  EXPECT_TRUE(message.starts_with("config.json:3:8: this is not JSON: ")) << message;
  EXPECT_TRUE(json_error("").starts_with("config.json:1:1: "));
  EXPECT_TRUE(json_error("{\"a\": \"\xff\"}").starts_with("config.json:1:8: "));
}

TEST(Json, RepeatedKeysDepthAndSizeAreRefused) {
  EXPECT_NE(json_error(R"({"a": 1, "a": 2})").find("\"a\" occurs twice"), std::string::npos);
  EXPECT_NE(json_error(std::string(100'000, '[')).find("nested deeper than 200"), std::string::npos);
  EXPECT_EQ(json_error(std::string(200, '[') + std::string(200, ']')), "read");
  std::string many = "[0";
  for (int i = 0; i < 500'000; ++i) many += ",0";
  EXPECT_NE(json_error(many + "]").find("more than 500000 values"), std::string::npos);
  EXPECT_NE(json_error(std::string(kLargestJsonBytes + 1, ' ')).find("is not read"), std::string::npos);
}

TEST(Json, WritesWhatItReads) {
  vits::base::TemporaryFolder folder;
  const auto path = folder.path() / "a.json";
  const Json json = parse_json(R"({"b": "ê", "a": [1, 2.5]})", "x");
  write_json(path, json);
  EXPECT_EQ(read_json(path), json);
  EXPECT_EQ(vits::base::read_file(path), "{\n  \"a\": [\n    1,\n    2.5\n  ],\n  \"b\": \"ê\"\n}\n");
  write_json(path, OrderedJson::parse(R"({"b": 1, "a": 2})"));
  EXPECT_EQ(vits::base::read_file(path), "{\n  \"b\": 1,\n  \"a\": 2\n}\n");
  EXPECT_THROW(write_json(path, Json("\xff")), vits::Error);
}

}  // namespace
