#include <gtest/gtest.h>

#include "fuzzing.h"
#include "support/support.h"
#include "vits/formats/columnar.h"
#include "vits/formats/delimited.h"
#include "vits/formats/json_lines.h"
#include "vits/formats/text_file.h"

namespace {

using namespace vits::formats;

// The small tables of tests/formats/make_columnar.py.
std::vector<std::filesystem::path> seeds(const std::string& extension) {
  const auto folder = vits::support::reference_data("formats_columnar", "tests/formats/make_columnar.py", {});
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "small"))
    if (entry.path().extension() == extension) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// A cell that cannot be read says so, and the others are tried.
void read_cells(const std::filesystem::path& path) {
  const auto table = ColumnarTable::open(path);
  std::string first_error;
  const int64_t rows = std::min<int64_t>(table->rows(), 80);
  for (size_t column = 0; column < table->columns().size(); ++column)
    for (int64_t row = 0; row < rows; ++row) try {
        table->value(column, row == rows - 1 ? table->rows() - 1 : row);
      } catch (const vits::Error& error) {
        if (first_error.empty()) first_error = error.what();
      }
  if (!first_error.empty()) throw vits::Error(first_error);
}

TEST(Fuzz, Arrow) { fuzz_files(seeds(".arrow"), damage_bytes, read_cells); }

TEST(Fuzz, Parquet) { fuzz_files(seeds(".parquet"), damage_bytes, read_cells); }

TEST(Fuzz, PagesMadeToTakeMemoryTakeLessThan100Megabytes) {
  const auto folder = vits::support::reference_data("formats_columnar", "tests/formats/make_columnar.py", {});
  for (const std::string name :
       {"bomb_zstd.parquet", "bomb_gzip.parquet", "bomb_snappy.parquet", "bomb_lz4.parquet", "bomb.arrow"}) {
    const int64_t before = allocated_bytes;
    most_allocated_bytes = before;
    std::string why;
    try {
      read_cells(folder / "broken" / name);
    } catch (const vits::Error& error) {
      why = error.what();
    }
    // Snappy packs nothing to less than a twentieth, so what it says may be true.
    EXPECT_EQ(why.find("packed bytes would unpack to") == std::string::npos, name == "bomb_snappy.parquet") << why;
    EXPECT_LT(most_allocated_bytes - before, kMostAllocated) << name;
  }
}

TEST(Fuzz, TextTables) {
  const auto folder = vits::support::reference_data("formats_text_tables", "tests/formats/make_text_tables.py", {});
  std::vector<std::filesystem::path> files;
  for (int i = 0; i < 50; ++i) files.push_back(folder / (std::to_string(i) + ".csv"));
  fuzz_files(files, damage_bytes, [](const auto& path) {
    const TextFile file(path);
    bool damaged = false;
    DelimitedReader reader(file.text(), guess_dialect(file.text()));
    for (Record record; reader.next(record);) damaged |= !record.defect.empty();
    JsonLinesReader lines(file.text());
    for (JsonRecord record; lines.next(record);) {
    }
    if (damaged) throw vits::Error("a row of it is damaged");
  });
}

}  // namespace
