#include "vits/formats/json_lines.h"

#include <gtest/gtest.h>

namespace {

using namespace vits::formats;

std::vector<JsonRecord> json_records(std::string_view text) {
  JsonLinesReader reader(text);
  std::vector<JsonRecord> all;
  for (JsonRecord record; reader.next(record);) all.push_back(record);
  return all;
}

TEST(JsonLines, GivesAnObjectALine) {
  const auto found = json_records("{\"text\": \"Silav\\n\"}\r\n\n  \n{\"text\": \"ê\", \"seconds\": 1.5}");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].row, 1);
  EXPECT_EQ(found[0].value["text"], "Silav\n");
  EXPECT_EQ(found[1].row, 4);
  EXPECT_EQ(found[1].value["seconds"], 1.5);
}

TEST(JsonLines, ADefectNamesItsRowAndTheOthersAreKept) {
  const auto found = json_records("{\"a\": 1}\n{\"a\": \n[1]\n{\"a\": \"\xE9\"}\n{\"a\": 1, \"a\": 2}\n{\"a\": 2}\n");
  ASSERT_EQ(found.size(), 6u);
  for (const size_t i : {0, 5}) EXPECT_EQ(found[i].defect, "");
  EXPECT_TRUE(found[1].defect.starts_with("column ")) << found[1].defect;
  EXPECT_EQ(found[2].defect, "it is no JSON object");
  EXPECT_EQ(found[3].defect, "byte 8 is not UTF-8: E9");
  EXPECT_EQ(found[4].defect, "it: the key \"a\" occurs twice in one object.");
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].row, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(found[i].value.is_null(), !found[i].defect.empty());
    EXPECT_EQ(found[i].is_utf8, i != 3);
  }
  EXPECT_TRUE(json_records("").empty());
}

}  // namespace
