#include "vits/formats/delimited.h"

#include <gtest/gtest.h>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/formats/json.h"
#include "vits/formats/text_file.h"

namespace {

using namespace vits::formats;
using Rows = std::vector<std::vector<std::string>>;

constexpr Dialect kCommas{',', Quoting::kCsv}, kBars{'|', Quoting::kNone};

std::filesystem::path tables() {
  static const auto folder =
      vits::support::reference_data("formats_text_tables", "tests/formats/make_text_tables.py", {});
  return folder;
}

std::vector<Record> records(std::string_view text, Dialect dialect = kCommas) {
  DelimitedReader reader(text, dialect);
  std::vector<Record> all;
  for (Record record; reader.next(record);) all.push_back(record);
  return all;
}

// Fields of the rows without defect.
Rows good_rows(std::string_view text, Dialect dialect = kCommas) {
  Rows rows;
  for (const Record& record : records(text, dialect))
    if (record.defect.empty()) rows.push_back(record.fields);
  return rows;
}

Dialect dialect_of(const Json& table) {
  return {table["delimiter"].get<std::string>()[0], table["quoted"] ? Quoting::kCsv : Quoting::kNone};
}

TEST(Delimited, ReadsTheFieldsThatPythonsCsvReads) {
  for (const Json& table : read_json(tables() / "tables.json")) {
    const TextFile file(tables() / table["file"].get<std::string>());
    const auto found = records(file.text(), dialect_of(table));
    ASSERT_EQ(found.size(), table["rows"].size()) << table["file"];
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].defect, "");
      EXPECT_EQ(found[i].fields, table["rows"][i].get<std::vector<std::string>>()) << table["file"] << ", record " << i;
    }
  }
}

TEST(Delimited, OddQuotationMarksMeanWhatTheyMeanToPythonsCsv) {
  for (const Json& odd : read_json(tables() / "lines.json")) {
    const std::string line = odd["line"];
    const auto found = records(line);
    ASSERT_EQ(found.size(), 1u) << line;
    EXPECT_EQ(!found[0].defect.empty(), odd["fields"].is_null()) << line;
    if (found[0].defect.empty()) {
      EXPECT_EQ(found[0].fields, odd["fields"].get<std::vector<std::string>>()) << line;
    }
  }
}

TEST(Delimited, WritesWhatItReads) {
  for (const Json& table : read_json(tables() / "tables.json")) {
    std::string text;
    const auto rows = table["rows"].get<Rows>();
    for (const auto& row : rows) text += delimited_line(row, dialect_of(table));
    EXPECT_EQ(good_rows(text, dialect_of(table)), rows) << table["file"];
  }
  EXPECT_EQ(delimited_line({"a", "b,\"c\""}, kCommas), "a,\"b,\"\"c\"\"\"\n");
  EXPECT_THROW(delimited_line({"a|b"}, kBars), vits::Error);
  EXPECT_THROW(delimited_line({"a\nb"}, kBars), vits::Error);
}

TEST(Delimited, LinesAreCountedWhateverEndsThem) {
  const auto found = records("a,1\r\n\r\n\"b\nb\",2\rc,3\n\nd,4");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].row, 1);
  EXPECT_EQ(found[1].row, 3);
  EXPECT_EQ(found[1].fields[0], "b\nb");
  EXPECT_EQ(found[2].row, 5);
  EXPECT_EQ(found[3].row, 7);
}

TEST(Delimited, ADefectNamesItsRowAndTheOthersAreKept) {
  const std::string text = std::string("1,good\n2,caf\xE9\n3,good\n4,N") + '\0' + "L\n5,good\n6,\"open\n7,good\n";
  const auto found = records(text);
  ASSERT_EQ(found.size(), 7u);
  EXPECT_EQ(found[1].defect, "field 2 is not UTF-8: byte E9 after \"caf\"");
  EXPECT_EQ(found[3].defect, "field 2 holds a NUL byte");
  EXPECT_EQ(found[5].defect, "a quotation mark in it never ends");
  for (const size_t i : {0, 2, 4, 6}) EXPECT_EQ(found[i].defect, "");
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].row, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(found[i].fields[0], std::to_string(i + 1));
  }
}

TEST(Delimited, AStrayQuotationMarkTakesNoOtherRowWithIt) {
  const Rows good{{"1", "a"}, {"3", "c"}};
  EXPECT_EQ(good_rows("1,a\n2,\"stray\n3,c\n"), good);
  EXPECT_EQ(good_rows("1,a\n2,\"stray\n3,\"c\"\n"), good);                // closes before a letter
  EXPECT_EQ(good_rows("1,a\n2,\"stray\n3,\"c\"\n4,\"d\"\n").size(), 3u);  // as many marks as if they were paired
  // The mark that closes it stands before a line end, but the record has a field more than the others.
  EXPECT_EQ(good_rows("1,a\n2,\"stray\n3,c\n4,d\",e\n5,f\n").size(), 4u);
  std::string text = "1,a\n2,\"stray\n";
  for (int i = 0; i < 5000; ++i) text += "x,y\n";
  EXPECT_EQ(good_rows(text + "9,\"\n").size(), 5001u);
}

TEST(Delimited, AQuotedFieldOverFarTooManyLinesIsADefectOfItsFirstOne) {
  std::string field;
  for (int i = 0; i < 150; ++i) field += "line\n";
  EXPECT_EQ(good_rows("a,b\n1,\"" + field + "\"\n"), (Rows{{"a", "b"}, {"1", field}}));
  field += field;
  EXPECT_EQ(records("a,b\n1,\"" + field + "\"\n").size(), 302u);
  EXPECT_EQ(good_rows("1,\"" + std::string(100'000, 'x') + "\"\n").size(), 1u);  // one line may be long
}

TEST(Delimited, EmptyTextsHaveNoRecords) {
  for (const std::string_view text : {"", "\n", "\r\n\r\n\n"}) EXPECT_EQ(records(text).size(), 0u);
  EXPECT_EQ(records("\"\"")[0].fields, std::vector<std::string>{""});
  EXPECT_EQ(records(",")[0].fields.size(), 2u);
}

void expect_guess(std::string_view text, Dialect dialect) {
  const Dialect guess = guess_dialect(text);
  EXPECT_EQ(guess.delimiter, dialect.delimiter) << text;
  EXPECT_EQ(guess.quoting == Quoting::kCsv, dialect.quoting == Quoting::kCsv) << text;
}

TEST(Delimited, TheDialectOfUsualTablesIsGuessed) {
  // LJSpeech: prose in quotation marks, commas everywhere
  expect_guess(
      "LJ001-0001|Printing, in the only sense|Printing, in the only sense\n"
      "LJ001-0002|\"Hello,\" he said, \"there\"|Hello, he said\nLJ001-0003|\"Never.\"|\"Never.\"\n",
      kBars);
  expect_guess("wavs/1.wav|one, two\nwavs/2.wav|three, four\n", kBars);
  expect_guess("file_name,transcription\na.wav,\"Well, yes; no | maybe\"\nb.wav,no\n", kCommas);
  expect_guess("file_name,transcription\na.wav,\"He said \"\"no\"\"\"\n", kCommas);
  expect_guess("path,text\na.wav,\"Hello\" he said\nb.wav,none\n", {',', Quoting::kNone});
  expect_guess("path;text\na.wav;Silav, tu çawa yî?\nb.wav;Baş im, spas\n", {';', Quoting::kCsv});
  // Common Voice: tabs, quotation marks as they were typed
  expect_guess("client_id\tpath\tsentence\n1\ta.mp3\t\"Silav\" got wî.\n2\tb.mp3\tErê, were\n", {'\t', Quoting::kNone});
  expect_guess("path\ttext\na\t\"a\ttab\"\nb\tnone\n", {'\t', Quoting::kCsv});
  expect_guess("\"path\"\t\"text\"\n\"a\"\t\"one\"\n", {'\t', Quoting::kCsv});
  expect_guess("", kCommas);
  expect_guess("one column\nand nothing else\n", kCommas);
}

TEST(Delimited, TheGuessedDialectReadsMostOfPythonsTables) {
  int right = 0, asked = 0;
  for (const Json& table : read_json(tables() / "tables.json")) {
    const auto rows = table["rows"].get<Rows>();
    if (rows.size() < 5 || rows[0].size() < 2) continue;
    const TextFile file(tables() / table["file"].get<std::string>());
    ++asked;
    right += good_rows(file.text(), guess_dialect(file.text())) == rows;
  }
  EXPECT_GT(asked, 150);
  EXPECT_GT(right, asked * 9 / 10) << right << " of " << asked;  // their fields are noise full of delimiters
}

}  // namespace
