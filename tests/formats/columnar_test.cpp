#include "vits/formats/columnar.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "cell_text.h"
#include "recent.h"
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

std::string marked_hex(const std::string& bytes) {
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
      if ((wanted.starts_with("x:") ? marked_hex(*value) : *value) != wanted)
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

TEST(Columnar, ReadsEveryCellOfParquetTablesAsPythonDoes) { EXPECT_GE(compare_all(".parquet"), 26); }

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
  EXPECT_NE(message_of(broken / "half.parquet").find("half.parquet cannot be read: it is cut short"),
            std::string::npos);
}

TEST(Columnar, ACodecThatIsNotReadIsNamed) {
  const auto message = message_of(columnar_files() / "broken" / "brotli.parquet");
  EXPECT_NE(message.find("brotli.parquet cannot be read: it is packed with Brotli"), std::string::npos) << message;
}

TEST(Columnar, APageThatDoesNotUnpackIsAnErrorOfItsCells) {
  vits::base::TemporaryFolder folder;
  const auto path = folder.path() / "damaged.parquet";
  std::string bytes = vits::base::read_file(columnar_files() / "hub.parquet");
  std::fill(bytes.begin() + 100, bytes.begin() + 160, '\xFF');  // in the first page of the first column
  vits::base::write_file(path, bytes);
  const auto table = ColumnarTable::open(path);
  try {
    table->value(0, 5);
    ADD_FAILURE() << "no error";
  } catch (const vits::Error& error) {
    EXPECT_NE(std::string(error.what()).find("damaged.parquet, column audio.bytes, row 5 (counted from 0): "),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(table->value(*table->find("up_votes"), 5), "5");
}

TEST(Columnar, SeveralThreadsReadRowsInAnyOrder) {
  const auto table = ColumnarTable::open(columnar_files() / "large.parquet");
  const auto name = *table->find("name"), n = *table->find("n");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int seed = 0; seed < 4; ++seed)
    threads.emplace_back([&, seed] {
      std::mt19937 random(static_cast<unsigned>(seed));
      for (int i = 0; i < 2000; ++i) {
        const int64_t row = random() % static_cast<unsigned>(table->rows());
        wrong += table->value(name, row) != fmt::format("clip {}", row * 7919 % table->rows());
        wrong += table->value(n, row) != std::to_string(row);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Columnar, OfPagesTheLastOnesAreKept) {
  struct Page {
    int number;
    uint64_t bytes() const { return 10; }
  };
  Recent<int, Page> pages(25);
  int made = 0;
  const auto get = [&](int number) {
    return pages.get(number, [&] {
      ++made;
      return Page{number};
    });
  };
  const auto first = get(1);
  get(2);
  get(1);
  get(3);  // 2 leaves, which was asked for longer ago than 1
  EXPECT_EQ(made, 3);
  get(1);
  EXPECT_EQ(made, 3);
  get(2);
  EXPECT_EQ(made, 4);
  get(3);
  get(4);
  EXPECT_EQ(first->number, 1);  // whoever holds a page keeps it
}

TEST(Columnar, NumbersAreGivenInTheFewestDigitsThatReadAsTheSame) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(0.1f), "0.1");
  EXPECT_EQ(number_text(12.0), "12");
  EXPECT_EQ(number_text(1e300), "1e+300");
  EXPECT_EQ(number_text(half_number(0x3C00)), "1");
  EXPECT_EQ(number_text(half_number(0x0001)), "5.9604645e-08");  // the least one, 2 to the power of -24
  EXPECT_EQ(number_text(half_number(0xFC00)), "-inf");
  EXPECT_EQ(integer_text(0xFF, 1, true), "-1");
  EXPECT_EQ(integer_text(0xFF, 1, false), "255");
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
