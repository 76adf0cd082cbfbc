#include "vits/formats/columnar.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <thread>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/json.h"

namespace {

using namespace vits::formats;

std::filesystem::path columnar_files() {
  static const auto folder = vits::support::reference_data("formats_columnar", "tests/formats/make_columnar.py", {});
  return folder;
}

std::string hex(const std::string& bytes) {
  std::string text = "x:";
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// The first difference between a table and what Python read from it; empty when there is none.
std::string difference(const std::filesystem::path& path) {
  const Json expected = read_json(path.parent_path() / (path.stem().string() + ".json"));
  const auto table = ColumnarTable::open(path);
  if (table->columns().size() != expected["columns"].size())
    return fmt::format("{} columns instead of {}", table->columns().size(), expected["columns"].size());
  if (table->huggingface_metadata().empty() == expected["huggingface"].get<bool>()) return "metadata";
  for (const auto& [name, cells] : expected["columns"].items()) {
    const auto column = table->find(name);
    if (!column) return "no column " + name;
    if (table->rows() != static_cast<int64_t>(cells.size())) return fmt::format("{} rows", table->rows());
    for (size_t row = 0; row < cells.size(); ++row) {
      const auto value = table->value(*column, static_cast<int64_t>(row));
      if (value.has_value() == cells[row].is_null()) return fmt::format("{}, row {}: null", name, row);
      if (!value) continue;
      const std::string wanted = cells[row];
      if ((wanted.starts_with("x:") ? hex(*value) : *value) != wanted)
        return fmt::format("{}, row {}: \"{}\" instead of \"{}\"", name, row, *value, wanted);
    }
  }
  return "";
}

int compare_all(const std::string& extension) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(columnar_files())) {
    if (entry.path().extension() != extension) continue;
    EXPECT_TRUE(is_columnar(entry.path())) << entry.path();
    EXPECT_EQ(difference(entry.path()), "") << entry.path();
    ++count;
  }
  return count;
}

std::string message_of(const std::filesystem::path& path) {
  try {
    ColumnarTable::open(path);
  } catch (const vits::Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Columnar, ReadsEveryCellOfArrowTablesAsPythonDoes) { EXPECT_GE(compare_all(".arrow"), 14); }

TEST(Columnar, HuggingFacesFeaturesAreGivenAsTheirJson) {
  const auto table = ColumnarTable::open(columnar_files() / "saved_data-00000-of-00003.arrow");
  const Json features = parse_json(table->huggingface_metadata(), "metadata")["info"]["features"];
  EXPECT_EQ(features["gender"]["names"], (std::vector<std::string>{"female", "male"}));
  EXPECT_EQ(features["audio"]["_type"], "Audio");
}

TEST(Columnar, ATableThatWasCutShortIsAnErrorThatNamesIt) {
  const auto broken = columnar_files() / "broken";
  EXPECT_NE(message_of(broken / "half.arrow").find("half.arrow cannot be read: it is damaged or cut short"),
            std::string::npos)
      << message_of(broken / "half.arrow");
  EXPECT_NE(message_of(broken / "no_end.arrow").find("it is cut short after 2500 rows"), std::string::npos);
}

TEST(Columnar, OtherFilesAreNoTables) {
  vits::base::TemporaryFolder folder;
  const auto path = folder.path() / "other";
  for (const std::string bytes : {"", "text", "\xFF\xFF\xFF\xFF", "\xFF\xFF\xFF\xFF\x10"}) {
    vits::base::write_file(path, bytes);
    EXPECT_FALSE(is_columnar(path));
    EXPECT_NE(message_of(path).find("neither an Arrow nor a Parquet file"), std::string::npos);
  }
}

TEST(Columnar, CellsThatATableDoesNotHaveAreErrors) {
  const auto table = ColumnarTable::open(columnar_files() / "stream.arrow");
  EXPECT_THROW(table->value(0, -1), vits::Error);
  EXPECT_THROW(table->value(0, 2500), vits::Error);
  EXPECT_THROW(table->value(table->columns().size(), 0), vits::Error);
  EXPECT_FALSE(table->find("list"));
}

}  // namespace
